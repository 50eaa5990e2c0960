#include "net/model_question.hpp"

#include "actors/ai/retry_plan.hpp"
#include "actors/log.hpp"

#include <chrono>
#include <utility>

namespace tandem::net {

namespace {

using kind = ai::model_failure::kind;

std::uint64_t now_ms() {
  using namespace std::chrono;
  const auto since = steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(duration_cast<milliseconds>(since).count());
}

// Whether a failure is the server's, so that it counts against it.
bool is_the_servers(kind what) noexcept {
  return what != kind::refused && what != kind::busy && what != kind::resting;
}

ai::model_failure failure_of(http_trouble trouble) {
  using trouble_kind = http_trouble::kind;
  kind what = kind::unavailable;
  switch (trouble.what) {
    case trouble_kind::connection: what = kind::unavailable; break;
    case trouble_kind::timed_out: what = kind::timed_out; break;
    case trouble_kind::malformed: what = kind::garbage; break;
    case trouble_kind::too_large: what = kind::too_large; break;
  }
  return {what, std::move(trouble.why), 0};
}

// For the log: a server may repeat in its own words what it was asked with.
std::string without_its_words(kind what, unsigned status) {
  const char* name = "unavailable";
  switch (what) {
    case kind::refused: name = "refused"; break;
    case kind::limited: name = "too many requests"; break;
    case kind::unavailable: break;
    case kind::timed_out: name = "timed out"; break;
    case kind::garbage: name = "an answer that is none"; break;
    case kind::too_large: name = "too long an answer"; break;
    case kind::resting:
    case kind::busy: name = "not asked"; break;
  }
  return status == 0 ? std::string{name} : name + (", status " + std::to_string(status));
}

}  // namespace

model_question::model_question(model_engine& model, question_plan plan, ai::model_hooks hooks,
                               wanted_flag is_wanted)
    : model_{model},
      plan_{std::move(plan)},
      hooks_{std::move(hooks)},
      is_wanted_{std::move(is_wanted)},
      pause_{model.context},
      begun_ms_{now_ms()} {}

void model_question::start(bool is_busy) {
  model_.under_way.insert(shared_from_this());
  if (!*is_wanted_)
    cancel();
  else if (is_busy)
    fail({kind::busy, "too many questions are under way", 1'000});
  else
    try_once();
}

void model_question::cancel() {
  if (is_over_)
    return;
  const auto self = leave();
  ++model_.cancelled;
}

void model_question::fail(ai::model_failure why) {
  if (is_over_)
    return;
  const auto hook = std::move(hooks_.failed);
  const auto self = leave();
  ++model_.failed;
  if (hook && *is_wanted_)
    hook(std::move(why));
}

std::uint64_t model_question::left_ms() const {
  const std::uint64_t end = begun_ms_ + plan_.whole_ms;
  const std::uint64_t now = now_ms();
  return end > now ? end - now : 0;
}

void model_question::try_once() {
  leave_ = breaker().may_ask(now_ms());
  if (leave_ == ai::circuit_breaker::leave::no)
    return fail({kind::resting, "the model is not asked for a while: it has failed too often",
                 static_cast<std::uint32_t>(breaker().rest_ms(now_ms()))});
  is_trying_ = true;
  ++tries_;
  status_ = 0;
  reader_.emplace(model_.settings.answer_bytes, model_.settings.key.reveal());
  shaper_ = plan_.shaper;
  limit_name_ = server().limit_name;
  const auto self = shared_from_this();
  exchange_ = server().client.ask(
    make_http_question(), {[self](const http_head& head) { self->on_head(head); },
                           [self](std::string_view bytes) { self->on_body(bytes); },
                           [self] { self->on_end(); },
                           [self](http_trouble trouble) {
                             self->try_failed(failure_of(std::move(trouble)));
                           }});
}

http_question model_question::make_http_question() {
  const model_settings& all = model_.settings;
  http_question made;
  made.target = plan_.target;
  if (!all.key.is_empty() && all.shown_as == key_header::azure)
    made.headers.emplace_back("api-key", all.key.reveal());
  else if (!all.key.is_empty())
    made.headers.emplace_back("Authorization", "Bearer " + all.key.reveal());
  made.body = plan_.body(limit_name_);
  made.connect_ms = all.connect_timeout_ms;
  made.silence_ms = all.silence_timeout_ms;
  made.whole_ms = static_cast<std::uint32_t>(left_ms());
  made.answer_bytes_max = body_bytes_max(all.answer_bytes);
  return made;
}

void model_question::on_head(const http_head& head) {
  status_ = head.status;
  auto failure = reader_->begin(head.status, head.content_type, head.retry_after_ms);
  if (failure)
    try_failed(std::move(*failure));
}

void model_question::on_body(std::string_view bytes) {
  std::string text;
  const auto state = reader_->take(bytes, text);
  go_on(state, text);
}

void model_question::on_end() {
  std::string text;
  const auto state = reader_->end(text);
  go_on(state, text);
}

void model_question::go_on(answer_reader::state state, std::string_view text) {
  give(shaper_.take(text));
  if (is_over_)
    return;
  if (shaper_.has_stopped() || state == answer_reader::state::complete)
    answer();
  else if (state == answer_reader::state::failed)
    try_failed(reader_->failure());
}

void model_question::give(std::string piece) {
  if (piece.empty() || !*is_wanted_)
    return;
  whole_ += piece;
  if (const auto hook = hooks_.piece)
    hook(std::move(piece));
}

void model_question::answer() {
  const bool is_whole = !shaper_.has_stopped();
  give(shaper_.end());
  if (is_over_)
    return;
  note_success();
  model_.upstream_ms += now_ms() - begun_ms_;
  if (is_whole)  // its connection can be used again
    std::exchange(exchange_, nullptr)->let_go();
  const auto hook = std::move(hooks_.done);
  const auto self = leave();
  ++model_.answered;
  if (hook && *is_wanted_)
    hook(std::move(whole_));
}

void model_question::note_success() {
  is_trying_ = false;
  const bool was_open = breaker().is_open();
  breaker().succeeded(leave_);
  model_.note_rest();
  if (was_open && !breaker().is_open())
    log(log_level::info, shown_name() + " answers again");
}

void model_question::note_failure(const ai::model_failure& failure) {
  if (!is_the_servers(failure.what))
    return note_success();
  is_trying_ = false;
  const bool was_open = breaker().is_open();
  breaker().failed(leave_, now_ms());
  model_.note_rest();
  if (!was_open && breaker().is_open())
    log(log_level::warning, shown_name() + " is not asked for a while: "
                              + without_its_words(failure.what, status_));
}

std::string model_question::shown_name() const {
  return "the model at " + plan_.use->server->client.server().authority() + " (for "
         + plan_.use->name + ')';
}

void model_question::try_failed(ai::model_failure failure) {
  exchange_->cancel();
  if (is_over_)
    return;
  note_failure(failure);
  if (must_name_limit_otherwise(failure)) {
    server().limit_name = token_limit_name::max_completion_tokens;
    ++model_.retried;
    return try_once();
  }
  const ai::retry_limits bounds{.retries = model_.settings.retries};
  const auto pause = ai::retry_pause_ms(bounds, {tries_, left_ms(), !whole_.empty()}, failure,
                                        static_cast<std::uint32_t>(model_.chance()));
  if (!pause || breaker().is_open())
    return fail(std::move(failure));
  ++model_.retried;
  pause_.expires_after(std::chrono::milliseconds{*pause});
  pause_.async_wait([self = shared_from_this()](boost::system::error_code stopped) {
    if (!stopped && !self->is_over_)
      self->try_once();
  });
}

bool model_question::must_name_limit_otherwise(const ai::model_failure& failure) const {
  return failure.what == kind::refused && limit_name_ == token_limit_name::max_tokens
         && failure.why.find("max_completion_tokens") != std::string::npos;
}

std::shared_ptr<model_question> model_question::leave() {
  auto self = shared_from_this();
  is_over_ = true;
  if (is_trying_)
    breaker().abandoned(leave_);
  is_trying_ = false;
  hooks_ = {};
  pause_.cancel();
  if (exchange_)
    exchange_->cancel();
  exchange_.reset();
  --model_.under_way_count;
  model_.under_way.erase(self);
  return self;
}

}  // namespace tandem::net
