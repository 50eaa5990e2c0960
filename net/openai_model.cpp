#include "net/openai_model.hpp"

#include "actors/ai/retry_plan.hpp"
#include "actors/log.hpp"
#include "net/answer_shaper.hpp"
#include "net/fim_prompt.hpp"
#include "net/http_client.hpp"
#include "net/model_answer.hpp"
#include "net/model_json.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

namespace tandem::net {

namespace {

namespace asio = boost::asio;
using kind = ai::model_failure::kind;

std::uint64_t now_ms() {
  using namespace std::chrono;
  const auto since = steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(duration_cast<milliseconds>(since).count());
}

// One server, and how it has been doing.
struct upstream {
  upstream(asio::io_context& context, upstream_url url, const std::string& authority,
           const ai::breaker_limits& bounds)
      : client{context, std::move(url), authority}, breaker{bounds} {}

  http_client client;
  ai::circuit_breaker breaker;
  token_limit_name limit_name = token_limit_name::max_tokens;
};

// What is asked, of whom, and what becomes of the answer. Each try begins with it.
struct question_plan {
  upstream* server = nullptr;
  std::string target;
  std::function<std::string(token_limit_name)> body;
  std::uint32_t whole_ms = 0;
  answer_shaper shaper;
};

using flag = std::shared_ptr<std::atomic<bool>>;

class question;

// What the questions use of the model. On its thread, but for the counters.
struct engine {
  explicit engine(const model_settings& all) : settings{all} {}

  const model_settings settings;
  asio::io_context context{1};
  std::unique_ptr<upstream> chat;
  std::unique_ptr<upstream> completion_apart;  // if it is another server
  std::mt19937 chance{std::random_device{}()};
  std::set<std::shared_ptr<question>> under_way;

  std::atomic<std::uint64_t> asked = 0;
  std::atomic<std::uint64_t> answered = 0;
  std::atomic<std::uint64_t> failed = 0;
  std::atomic<std::uint64_t> cancelled = 0;
  std::atomic<std::uint64_t> retried = 0;
  std::atomic<std::uint32_t> under_way_count = 0;
  std::atomic<std::uint64_t> upstream_ms = 0;
  std::atomic<bool> is_resting = false;

  upstream& completion() { return completion_apart ? *completion_apart : *chat; }

  void note_rest() {
    is_resting = chat->breaker.is_open() || completion().breaker.is_open();
  }
};

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

// One question from the first try to its end, on the model's thread.
class question : public std::enable_shared_from_this<question> {
 public:
  // `is_wanted`: until its model_call has gone.
  question(engine& model, question_plan plan, ai::model_hooks hooks, flag is_wanted)
      : model_{model},
        plan_{std::move(plan)},
        hooks_{std::move(hooks)},
        is_wanted_{std::move(is_wanted)},
        pause_{model.context},
        begun_ms_{now_ms()} {}

  void start(bool is_busy) {
    model_.under_way.insert(shared_from_this());
    if (!*is_wanted_)
      cancel();
    else if (is_busy)
      fail({kind::busy, "too many questions are under way", 1'000});
    else
      try_once();
  }

  void cancel() {
    if (is_over_)
      return;
    const auto self = leave();
    ++model_.cancelled;
  }

  void fail(ai::model_failure why) {
    if (is_over_)
      return;
    const auto hook = std::move(hooks_.failed);
    const auto self = leave();
    ++model_.failed;
    if (hook && *is_wanted_)
      hook(std::move(why));
  }

 private:
  ai::circuit_breaker& breaker() { return plan_.server->breaker; }

  std::uint64_t left_ms() const {
    const std::uint64_t end = begun_ms_ + plan_.whole_ms;
    const std::uint64_t now = now_ms();
    return end > now ? end - now : 0;
  }

  void try_once() {
    leave_ = breaker().may_ask(now_ms());
    if (leave_ == ai::circuit_breaker::leave::no)
      return fail({kind::resting, "the model is not asked for a while: it has failed too often",
                   static_cast<std::uint32_t>(breaker().rest_ms(now_ms()))});
    is_trying_ = true;
    ++tries_;
    reader_.emplace(model_.settings.answer_bytes, model_.settings.key.reveal());
    shaper_ = plan_.shaper;
    limit_name_ = plan_.server->limit_name;
    const auto self = shared_from_this();
    exchange_ = plan_.server->client.ask(
      make_http_question(), {[self](const http_head& head) { self->on_head(head); },
                             [self](std::string_view bytes) { self->on_body(bytes); },
                             [self] { self->on_end(); },
                             [self](http_trouble trouble) {
                               self->try_failed(failure_of(std::move(trouble)));
                             }});
  }

  http_question make_http_question() {
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

  void on_head(const http_head& head) {
    auto failure = reader_->begin(head.status, head.content_type, head.retry_after_ms);
    if (failure)
      try_failed(std::move(*failure));
  }

  void on_body(std::string_view bytes) {
    std::string text;
    const auto state = reader_->take(bytes, text);
    go_on(state, text);
  }

  void on_end() {
    std::string text;
    const auto state = reader_->end(text);
    go_on(state, text);
  }

  void go_on(answer_reader::state state, std::string_view text) {
    give(shaper_.take(text));
    if (is_over_)
      return;
    if (shaper_.has_stopped() || state == answer_reader::state::complete)
      answer();
    else if (state == answer_reader::state::failed)
      try_failed(reader_->failure());
  }

  void give(std::string piece) {
    if (piece.empty() || !*is_wanted_)
      return;
    whole_ += piece;
    if (const auto hook = hooks_.piece)
      hook(std::move(piece));
  }

  void answer() {
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

  void note_success() {
    is_trying_ = false;
    const bool was_open = breaker().is_open();
    breaker().succeeded();
    model_.note_rest();
    if (was_open)
      log(log_level::info, "the model at " + plan_.server->client.server().authority()
                             + " answers again");
  }

  void note_failure(const ai::model_failure& failure) {
    if (!is_the_servers(failure.what))
      return note_success();
    is_trying_ = false;
    const bool was_open = breaker().is_open();
    breaker().failed(now_ms());
    model_.note_rest();
    if (!was_open && breaker().is_open())
      log(log_level::warning, "the model at " + plan_.server->client.server().authority()
                                + " is not asked for a while: " + failure.why);
  }

  void try_failed(ai::model_failure failure) {
    exchange_->cancel();
    if (is_over_)
      return;
    note_failure(failure);
    if (must_name_limit_otherwise(failure)) {
      plan_.server->limit_name = token_limit_name::max_completion_tokens;
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

  bool must_name_limit_otherwise(const ai::model_failure& failure) const {
    return failure.what == kind::refused && limit_name_ == token_limit_name::max_tokens
           && failure.why.find("max_completion_tokens") != std::string::npos;
  }

  // The end, whatever it is. Who holds what it returns may go on using this.
  [[nodiscard]] std::shared_ptr<question> leave() {
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

  engine& model_;
  question_plan plan_;
  ai::model_hooks hooks_;
  const flag is_wanted_;
  asio::steady_timer pause_;
  const std::uint64_t begun_ms_;
  std::shared_ptr<http_exchange> exchange_;
  std::optional<answer_reader> reader_;  // of this try, as the next
  answer_shaper shaper_;
  std::string whole_;
  std::uint32_t tries_ = 0;
  token_limit_name limit_name_ = token_limit_name::max_tokens;
  ai::circuit_breaker::leave leave_ = ai::circuit_breaker::leave::no;
  bool is_trying_ = false;  // the breaker waits for an outcome
  bool is_over_ = false;
};

// Where calls find the model's thread, as long as there is one.
struct door {
  void post(std::function<void()> what) {
    const std::lock_guard lock{mutex};
    if (context != nullptr)
      asio::post(*context, std::move(what));
  }

  void close() {
    const std::lock_guard lock{mutex};
    context = nullptr;
  }

  std::mutex mutex;
  asio::io_context* context = nullptr;
};

// May outlive the model: owns nothing of it.
class call final : public ai::model_call {
 public:
  call(std::shared_ptr<door> way, const std::shared_ptr<question>& asked, flag is_wanted)
      : door_{std::move(way)}, question_{asked}, is_wanted_{std::move(is_wanted)} {}

  ~call() override {
    *is_wanted_ = false;
    door_->post([asked = question_] {
      if (const auto still = asked.lock())
        still->cancel();
    });
  }

 private:
  const std::shared_ptr<door> door_;
  const std::weak_ptr<question> question_;
  const flag is_wanted_;
};

upstream_url url_of(const char* name, const std::string& text) {
  auto url = parse_upstream_url(text);
  if (!url)
    throw std::runtime_error{std::string{name} + " must be http(s)://HOST[:PORT][/PATH]"};
  return *std::move(url);
}

// llama.cpp has /infill beside /v1, not in it.
upstream_url without_v1(upstream_url url) {
  constexpr std::string_view v1 = "/v1";
  if (url.path.ends_with(v1))
    url.path.resize(url.path.size() - v1.size());
  return url;
}

class openai_model final : public ai::language_model {
 public:
  openai_model(const model_settings& settings, const ai::breaker_limits& bounds)
      : engine_{settings}, chat_url_{url_of("ai_url", settings.url)}, completion_url_{chat_url_} {
    if (!detail::is_visible(settings.key.reveal()))
      throw std::runtime_error{"the model's key has characters that no key has"};
    if (!settings.completion_url.empty())
      completion_url_ = url_of("ai_completion_url", settings.completion_url);
    if (settings.style == completion_style::llama)
      completion_url_ = without_v1(std::move(completion_url_));
    engine_.chat =
      std::make_unique<upstream>(engine_.context, chat_url_, settings.authority, bounds);
    if (!completion_url_.is_same_server(chat_url_))
      engine_.completion_apart =
        std::make_unique<upstream>(engine_.context, completion_url_, settings.authority, bounds);
    facts_ = {"openai", settings.model, chat_url_.authority()};
    if (engine_.completion_apart)
      facts_.host += ", " + completion_url_.authority();
    door_->context = &engine_.context;
    thread_ = std::thread{[this] { run(); }};
  }

  ~openai_model() override {
    door_->close();
    asio::post(engine_.context, [this] {
      while (!engine_.under_way.empty())
        (*engine_.under_way.begin())->fail({kind::unavailable, "the server stops", 0});
      engine_.context.stop();
    });
    thread_.join();
  }

  std::unique_ptr<ai::model_call> complete(ai::completion_prompt prompt,
                                           ai::model_hooks hooks) override {
    const model_settings& all = engine_.settings;
    if (all.style == completion_style::chat)
      return ask(plan_chat_completion(prompt), std::move(hooks));
    const std::string& model = all.completion_model.empty() ? all.model : all.completion_model;
    completion_request made = completion_body(all.style, model, prompt);
    question_plan plan;
    plan.server = &engine_.completion();
    plan.target = completion_url_.target(made.path);
    plan.body = [body = std::move(made.body)](token_limit_name) { return body; };
    plan.whole_ms = all.completion_timeout_ms;
    plan.shaper = answer_shaper::until(completion_stops(all.style, prompt.is_single_line));
    return ask(std::move(plan), std::move(hooks));
  }

  std::unique_ptr<ai::model_call> chat(ai::chat_prompt prompt, ai::model_hooks hooks) override {
    question_plan plan;
    plan.server = engine_.chat.get();
    plan.target = chat_url_.target("/chat/completions");
    plan.whole_ms = engine_.settings.chat_timeout_ms;
    plan.body = [model = engine_.settings.model, prompt = std::move(prompt)](
                  token_limit_name name) { return chat_body(model, prompt, name); };
    return ask(std::move(plan), std::move(hooks));
  }

  const ai::model_facts& facts() const noexcept override { return facts_; }

  ai::model_counts counts() const noexcept override {
    ai::model_counts now;
    now.asked = engine_.asked;
    now.answered = engine_.answered;
    now.failed = engine_.failed;
    now.cancelled = engine_.cancelled;
    now.retried = engine_.retried;
    now.under_way = engine_.under_way_count;
    now.upstream_ms = engine_.upstream_ms;
    now.is_resting = engine_.is_resting;
    return now;
  }

 private:
  void run() {
    for (bool is_over = false; !is_over;) {
      try {
        engine_.context.run();
        is_over = true;
      } catch (const std::exception& error) {  // its question ends by its deadline
        log(log_level::error, std::string{"asking the model: "} + error.what());
      }
    }
  }

  question_plan plan_chat_completion(const ai::completion_prompt& prompt) {
    const model_settings& all = engine_.settings;
    question_plan plan;
    plan.server = &engine_.completion();
    plan.target = completion_url_.target("/chat/completions");
    plan.whole_ms = all.completion_timeout_ms;
    plan.body = [model = all.completion_model.empty() ? all.model : all.completion_model,
                 asked = completion_as_chat(prompt)](token_limit_name name) {
      return chat_body(model, asked, name);
    };
    plan.shaper = answer_shaper::between(prompt.before, prompt.after, prompt.is_single_line);
    return plan;
  }

  std::unique_ptr<ai::model_call> ask(question_plan plan, ai::model_hooks hooks) {
    ++engine_.asked;
    const bool is_busy = engine_.under_way_count++ >= engine_.settings.requests_at_once;
    const auto is_wanted = std::make_shared<std::atomic<bool>>(true);
    const auto made =
      std::make_shared<question>(engine_, std::move(plan), std::move(hooks), is_wanted);
    door_->post([made, is_busy] { made->start(is_busy); });
    return std::make_unique<call>(door_, made, is_wanted);
  }

  engine engine_;
  upstream_url chat_url_;
  upstream_url completion_url_;
  ai::model_facts facts_;
  const std::shared_ptr<door> door_ = std::make_shared<door>();
  asio::executor_work_guard<asio::io_context::executor_type> work_{engine_.context.get_executor()};
  std::thread thread_;
};

}  // namespace

std::unique_ptr<ai::language_model> make_openai_model(const model_settings& settings,
                                                      const ai::breaker_limits& bounds) {
  if (settings.provider != model_provider::openai)
    return nullptr;
  return std::make_unique<openai_model>(settings, bounds);
}

}  // namespace tandem::net
