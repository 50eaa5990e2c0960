#include "net/ws_connection.hpp"

#include <boost/asio/post.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <algorithm>
#include <utility>

namespace tandem::net {

namespace ws = boost::beast::websocket;

namespace {

constexpr std::uint32_t inbound_messages_max = 64;
constexpr std::size_t read_chunk_bytes = 64U << 10U;
// What a connection that says nothing holds ready for its next frame; one that
// is longer is read on in chunks.
constexpr std::size_t idle_buffer_bytes = 512;
// With as many files as a room may have, under long names.
constexpr std::uint64_t hello_bytes_max = 64U << 10U;
// A close frame has 123 bytes for its reason (RFC 6455, 5.5).
constexpr std::size_t close_reason_bytes_max = 120;

}  // namespace

ws_connection::ws_connection(boost::asio::ip::tcp::socket socket, io_thread& thread,
                             service& actors, std::string room_id, credentials shown,
                             ws_timeouts timeouts, std::function<void()> on_gone)
    : stream_{std::move(socket),
              [this](bool at_once) {
                thread_.schedule_flush(shared_from_this(), at_once);
              }},
      thread_{thread},
      actors_{actors},
      room_id_{std::move(room_id)},
      shown_{std::move(shown)},
      timeouts_{timeouts},
      on_gone_{std::move(on_gone)} {
}

ws_connection::~ws_connection() = default;

void ws_connection::accept(const request& upgrade, std::optional<close_code> refusal) {
  ws::stream_base::timeout timeout{};
  timeout.handshake_timeout = timeouts_.close;
  timeout.idle_timeout = timeouts_.idle;
  timeout.keep_alive_pings = true;
  stream_.set_option(timeout);
  // Frames over limits::frame_bytes are refused in on_frame with our own code;
  // far larger ones Beast refuses from their header.
  stream_.read_message_max(actors_.bounds().frame_bytes * 16);
  stream_.auto_fragment(false);
  stream_.set_option(ws::stream_base::decorator([&](ws::response_type& response) {
    const auto offered = upgrade[boost::beast::http::field::sec_websocket_protocol];
    if (offered.find("tandem.v1") != boost::beast::string_view::npos)
      response.set(boost::beast::http::field::sec_websocket_protocol, "tandem.v1");
  }));
  stream_.async_accept(upgrade, [self = shared_from_this(), refusal](error_code error) {
    self->accepted(error, refusal);
  });
}

void ws_connection::accepted(error_code error, std::optional<close_code> refusal) {
  if (error)
    return gone();
  if (refusal) {
    start_closing(*refusal, "");
    return read();
  }
  session_ = actors_.connect(room_id_, shared_from_this(), std::move(shown_));
  timer_ = std::make_unique<boost::asio::steady_timer>(stream_.get_executor(), timeouts_.hello);
  timer_->async_wait([self = shared_from_this()](error_code cancelled) {
    if (!cancelled && self->session_ && !self->said_hello_)
      self->session_->hello_timed_out();
  });
  read();
}

// ---- in ----

void ws_connection::read() {
  const bool is_new_frame = buffer_.size() == 0;
  stream_.async_read_some(buffer_, is_new_frame ? idle_buffer_bytes : read_chunk_bytes,
                          [self = shared_from_this()](error_code error, std::size_t) {
                            self->on_read(error);
                          });
}

void ws_connection::on_read(error_code error) {
  if (error)
    return gone();
  if (closing_) {
    buffer_.consume(buffer_.size());
    return read();
  }
  if (buffer_.size() > frame_bytes_max()) {
    buffer_.consume(buffer_.size());
    close(close_code::too_large, "the frame is too large");
    return read();
  }
  if (stream_.is_message_done())
    on_frame();
  if (said_hello_ && !is_admitted_) {
    reading_paused_ = true;
    return;
  }
  if (unhandled_.load(std::memory_order_relaxed) >= inbound_messages_max) {
    reading_paused_ = true;
    // The session may have caught up in between: look again.
    if (unhandled_.load() >= inbound_messages_max)
      return;
    reading_paused_ = false;
  }
  read();
}

std::uint64_t ws_connection::frame_bytes_max() const {
  const std::uint64_t bytes_max = actors_.bounds().frame_bytes;
  return said_hello_ ? bytes_max : std::min(bytes_max, hello_bytes_max);
}

void ws_connection::on_frame() {
  client::message message;
  if (stream_.got_binary())
    message = client::malformed{tandem::error_code::bad_message, "text frames only", {}, {}};
  else
    message = thread_.decoder.decode(
      {static_cast<const char*>(buffer_.data().data()), buffer_.size()});
  buffer_.consume(buffer_.size());
  if (buffer_.capacity() > idle_buffer_bytes)
    buffer_.shrink_to_fit();
  if (!said_hello_) {
    said_hello_ = true;
    timer_.reset();
  }
  unhandled_.fetch_add(1, std::memory_order_relaxed);
  session_->said(std::move(message));
}

void ws_connection::consumed() {
  if (unhandled_.fetch_sub(1) != inbound_messages_max / 2)
    return;
  boost::asio::post(stream_.get_executor(), [self = shared_from_this()] {
    if (std::exchange(self->reading_paused_, false) && !self->is_gone_)
      self->read();
  });
}

void ws_connection::admitted() {
  boost::asio::post(stream_.get_executor(), [self = shared_from_this()] {
    self->is_admitted_ = true;
    if (std::exchange(self->reading_paused_, false) && !self->is_gone_)
      self->read();
  });
}

// ---- out ----

void ws_connection::flush() {
  if (is_gone_ || waits_for_writable_)
    return;
  switch (stream_.next_layer().flush()) {
    case gathering_stream::flushed::all:
      note_drained();
      break;
    case gathering_stream::flushed::some: {
      note_drained();
      waits_for_writable_ = true;
      arm_write_timer();
      auto& socket = stream_.next_layer().socket();
      socket.async_wait(boost::asio::ip::tcp::socket::wait_write,
                        [self = shared_from_this()](error_code error) {
                          self->waits_for_writable_ = false;
                          if (!self->closing_)
                            self->timer_.reset();
                          if (!error)
                            self->flush();
                        });
      break;
    }
    case gathering_stream::flushed::failed:
      stream_.next_layer().fail();
      break;
  }
}

// Who is told of too much unread will be told when it has drained: the flag is
// up before the second look, so what that look sees is flushed after it.
std::uint64_t ws_connection::unread_bytes() const {
  const outbound_queue& queue = stream_.next_layer().queue();
  const std::uint64_t unread = queue.unread_bytes();
  if (unread < actors_.bounds().outbound_pause_bytes)
    return unread;
  wants_drained_ = true;
  return queue.unread_bytes();
}

void ws_connection::note_drained() {
  const std::uint64_t unread = stream_.next_layer().queue().unread_bytes();
  if (unread < actors_.bounds().outbound_pause_bytes / 2 && wants_drained_.exchange(false)
      && session_)
    session_->drained();
}

void ws_connection::arm_write_timer() {
  if (closing_)
    return;
  timer_ = std::make_unique<boost::asio::steady_timer>(stream_.get_executor(), timeouts_.write);
  timer_->async_wait([self = shared_from_this()](error_code cancelled) {
    if (!cancelled && self->waits_for_writable_)
      self->stream_.next_layer().fail();
  });
}

// ---- the end ----

void ws_connection::close(close_code code, std::string_view why) {
  boost::asio::post(stream_.get_executor(),
                    [self = shared_from_this(), code, reason = std::string{why}] {
                      self->start_closing(code, reason);
                    });
}

void ws_connection::start_closing(close_code code, const std::string& why) {
  if (closing_ || is_gone_)
    return;
  closing_ = true;
  timer_ = std::make_unique<boost::asio::steady_timer>(stream_.get_executor(), timeouts_.close);
  timer_->async_wait([self = shared_from_this()](error_code cancelled) {
    if (!cancelled)
      self->stream_.next_layer().fail();
  });
  ws::close_reason reason{static_cast<ws::close_code>(code)};
  reason.reason = why.substr(0, close_reason_bytes_max);
  stream_.async_close(reason, [self = shared_from_this()](error_code) { self->gone(); });
  if (std::exchange(reading_paused_, false))
    read();
}

void ws_connection::shut_down() {
  boost::asio::post(stream_.get_executor(), [self = shared_from_this()] {
    if (self->session_)
      self->session_->shutting_down();
  });
}

void ws_connection::gone() {
  if (std::exchange(is_gone_, true))
    return;
  timer_.reset();
  if (session_)
    session_->disconnected();
  session_.reset();
  stream_.next_layer().finish();
  on_gone_();
}

}  // namespace tandem::net
