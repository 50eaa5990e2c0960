// What the AI is asked over HTTP: the same questions as over a room's WebSocket,
// answered as JSON or as a stream of events. The table is at the end.
#include "net/rest_routes.hpp"

#include "net/json_text.hpp"
#include "net/rest_answers.hpp"
#include "net/rest_body.hpp"
#include "net/wire_codec.hpp"
#include "ot/utf8.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <tuple>
#include <utility>

namespace tandem::net {

namespace {

http::status status_of(error_code code) noexcept {
  switch (code) {
    case error_code::bad_message:
    case error_code::bad_op: return http::status::bad_request;
    case error_code::unknown_file: return http::status::not_found;
    case error_code::forbidden: return http::status::forbidden;
    case error_code::rate_limited: return http::status::too_many_requests;
    case error_code::too_large: return http::status::payload_too_large;
    case error_code::file_exists:
    case error_code::rebase:
    case error_code::stale: return http::status::conflict;
    case error_code::unavailable: return http::status::service_unavailable;
    case error_code::internal: return http::status::internal_server_error;
  }
  return http::status::internal_server_error;
}

std::string error_json(const server::error& error) {
  std::string out = "{\"error\":{";
  append_field(out, "code", to_string(error.code));
  append_field(out, "message", error.message);
  if (error.retry_ms)
    append_field(out, "retry_ms", *error.retry_ms);
  return out + "}}";
}

http_response error_answer(const server::error& error) {
  if (error.code == error_code::unknown_file && error.file.empty())
    return no_such_room();
  http_response answer = json_response(status_of(error.code), error_json(error));
  if (error.retry_ms)
    answer.set(http::field::retry_after, std::to_string(*error.retry_ms / 1000 + 1));
  return answer;
}

// What is said last: {name of the event, its JSON}. Nothing while more follows.
std::optional<std::pair<std::string_view, std::string>> last_word(const server::ai_event& event) {
  std::string out = "{";
  if (const auto* completion = std::get_if<server::completion>(&event)) {
    if (completion->is_more_to_come)
      return std::nullopt;
    append_completion(out, *completion);
    return std::pair{std::string_view{"done"}, out + '}'};
  }
  if (const auto* proposal = std::get_if<server::proposal>(&event)) {
    append_proposal(out, *proposal);
    return std::pair{std::string_view{"done"}, out + '}'};
  }
  if (const auto* error = std::get_if<server::error>(&event))
    return std::pair{std::string_view{"failed"}, error_json(*error)};
  return std::nullopt;
}

// ---- as a stream of events ----

// What the AI says, as it comes; the connection takes it when it can. When that is
// gone the question is taken back. Told from any thread.
class event_body final : public body_source {
 public:
  explicit event_body(std::function<void()> take_back) : take_back_{std::move(take_back)} {}
  ~event_body() override { take_back_(); }

  void tell(const server::ai_event& event) {
    std::unique_lock lock{mutex_};
    if (const auto* thinking = std::get_if<server::thinking>(&event)) {
      std::string json = "{";
      append_field(json, "text", thinking->piece);
      if (waiting_.size() < waiting_bytes_max)
        add("piece", json + '}');
    } else if (const auto last = last_word(event)) {
      add(last->first, last->second);
      has_ended_ = true;
    }
    give_if_wanted(lock);
  }

  void next(std::function<void(std::optional<std::string>)> give) override {
    std::unique_lock lock{mutex_};
    wanted_ = std::move(give);
    give_if_wanted(lock);
  }

 private:
  // Who does not read is told no more pieces, but the end.
  static constexpr std::size_t waiting_bytes_max = std::size_t{1} << 20U;

  void add(std::string_view name, const std::string& json) {
    waiting_ += "event: " + std::string{name} + "\ndata: " + json + "\n\n";
  }

  void give_if_wanted(std::unique_lock<std::mutex>& lock) {
    if (!wanted_ || (waiting_.empty() && !has_ended_))
      return;
    const auto give = std::exchange(wanted_, nullptr);
    std::string piece = std::exchange(waiting_, {});
    lock.unlock();
    give(std::move(piece));
  }

  std::mutex mutex_;
  std::function<void()> take_back_;
  std::function<void(std::optional<std::string>)> wanted_;
  std::string waiting_;
  bool has_ended_ = false;
};

// ---- asking ----

std::uint64_t new_asker_id() {
  static std::atomic<std::uint64_t> last{std::uint64_t{1} << 63U};  // above those of sessions
  return ++last;
}

bool wants_events(const rest_call& call) {
  return call.message()[http::field::accept].find("text/event-stream")
         != boost::beast::string_view::npos;
}

// 0, or the microseconds to wait.
std::int64_t ask_wait_us(rest_context& rest, const rest_call& call, std::uint64_t weight) {
  const auto account = call.who.account ? std::optional{call.who.account->key} : std::nullopt;
  const std::int64_t now_us = steady_now_us();
  const session_limits shared =
    rest.actors.rates().of_session(account, call.from.shown.address, now_us);
  return shared.asks->take(now_us, weight);
}

// Has `ask(asker)` ask, and answers as the request wants it. Who goes takes it back.
template <class F>
void ask_and_answer(rest_context& rest, rest_call call, std::string room_id, F ask) {
  const std::uint64_t id = new_asker_id();
  if (!wants_events(call)) {
    ask(ai::asker{id, [answer = std::move(call.answer)](const server::ai_event& event) {
                    if (const auto* error = std::get_if<server::error>(&event))
                      answer(error_answer(*error));
                    else if (auto last = last_word(event))
                      answer(json_response(http::status::ok, std::move(last->second)));
                  }});
    if (call.request->leaving)
      call.request->leaving->when_gone([&rest, room_id, id] { rest.actors.take_back(room_id, id); });
    return;
  }
  auto body = std::make_shared<event_body>(
    [&rest, room_id, id] { rest.actors.take_back(room_id, id); });
  ask(ai::asker{id, [weak = std::weak_ptr{body}](const server::ai_event& event) {
                  if (const auto stream = weak.lock())
                    stream->tell(event);
                }});
  http_response head = make_response(http::status::ok, "text/event-stream", "");
  head.set(http::field::cache_control, "no-store");
  call.answer(http_answer{std::move(head), std::move(body)});
}

constexpr std::size_t text_bytes_per_ask = 16'384;  // of a text of one's own

void complete_in_room(rest_context& rest, rest_call call, json_view body) {
  const std::string room_id = required_text(body, "room_id");
  ai::completion_question wish;
  wish.ask = 1;
  wish.file.name = required_text(body, "file");
  wish.rev = number_field(body, "rev");
  wish.position = required_number(body, "position");
  const storage::tenant_key tenant = call.who.tenant;
  ask_and_answer(rest, std::move(call), room_id, [&](ai::asker from) {
    rest.actors.ask_ai(room_id, tenant, std::move(from), std::move(wish));
  });
}

void complete_text(rest_context& rest, rest_call call, json_view body) {
  ai::text_question wish{required_text(body, "text"), text_field(body, "language"),
                         required_number(body, "position")};
  const std::uint64_t chars = ot::count_chars(wish.text);
  if (chars > rest.actors.bounds().text_chars)
    return call.answer(error_response(http::status::payload_too_large, "too_large",
                                      "the text is too long"));
  if (wish.position > chars)
    return call.answer(bad_request("position is behind the text's end"));
  if (const auto wait_us = ask_wait_us(rest, call, wish.text.size() / text_bytes_per_ask);
      wait_us > 0)
    return call.answer(too_many_requests(wait_us, "the AI is asked too often"));
  ask_and_answer(rest, std::move(call), {}, [&](ai::asker from) {
    rest.actors.ask_about_text(std::move(wish), std::move(from));
  });
}

void autocomplete(rest_context& rest, rest_call call) {
  if (const auto wait_us = ask_wait_us(rest, call, ai::completion_weight); wait_us > 0)
    return call.answer(too_many_requests(wait_us, "the AI is asked too often"));
  read_body(call, [&](json_view body) {
    if (body.find("room_id"))
      complete_in_room(rest, call, body);
    else
      complete_text(rest, call, body);
  });
}

void refactor(rest_context& rest, rest_call call) {
  if (const auto wait_us = ask_wait_us(rest, call, ai::change_weight); wait_us > 0)
    return call.answer(too_many_requests(wait_us, "the AI is asked too often"));
  read_body(call, [&](json_view body) {
    const std::string room_id = required_text(body, "room_id");
    ai::change_question wish;
    wish.ask = 1;
    wish.file.name = required_text(body, "file");
    wish.rev = number_field(body, "rev");
    std::tie(wish.from, wish.to) = read_range(body, "range");
    wish.instruction = required_text(body, "instruction");
    const storage::tenant_key tenant = call.who.tenant;
    ask_and_answer(rest, call, room_id, [&](ai::asker from) {
      rest.actors.ask_ai(room_id, tenant, std::move(from), std::move(wish));
    });
  });
}

constexpr route routes[] = {
  {http::verb::post, "/autocomplete", need::ask_ai, false,
   "What could follow at a place of a room's file, or of a text", autocomplete},
  {http::verb::post, "/refactor", need::ask_ai, false,
   "A change of a part of a room's file, not applied", refactor},
};

}  // namespace

std::span<const route> ai_routes() {
  return routes;
}

}  // namespace tandem::net
