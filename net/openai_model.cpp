#include "net/openai_model.hpp"

#include "actors/log.hpp"
#include "net/fim_prompt.hpp"
#include "net/model_question.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

namespace tandem::net {

namespace {

namespace asio = boost::asio;

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
  call(std::shared_ptr<door> way, const std::shared_ptr<model_question>& asked,
       wanted_flag is_wanted)
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
  const std::weak_ptr<model_question> question_;
  const wanted_flag is_wanted_;
};

// Ends no line, and is no space.
bool is_fit_for_a_header(std::string_view key) {
  return std::ranges::all_of(key, [](char c) { return c > ' ' && c <= '~'; });
}

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
      : engine_{settings, bounds},
        chat_url_{url_of("ai_url", settings.url)},
        completion_url_{chat_url_} {
    if (!is_fit_for_a_header(settings.key.reveal()))
      throw std::runtime_error{"the model's key has characters that no key has"};
    if (!settings.completion_url.empty())
      completion_url_ = url_of("ai_completion_url", settings.completion_url);
    if (settings.style == completion_style::llama)
      completion_url_ = without_v1(std::move(completion_url_));
    engine_.server =
      std::make_unique<upstream>(engine_.context, chat_url_, settings.authority);
    if (!completion_url_.is_same_server(chat_url_))
      engine_.completion_server =
        std::make_unique<upstream>(engine_.context, completion_url_, settings.authority);
    engine_.questions.server = engine_.server.get();
    engine_.completions.server =
      engine_.completion_server ? engine_.completion_server.get() : engine_.server.get();
    facts_ = {"openai", settings.model, chat_url_.authority()};
    if (engine_.completion_server)
      facts_.host += ", " + completion_url_.authority();
    door_->context = &engine_.context;
    thread_ = std::thread{[this] { run(); }};
  }

  ~openai_model() override {
    door_->close();
    asio::post(engine_.context, [this] {
      while (!engine_.under_way.empty())
        (*engine_.under_way.begin())
          ->fail({ai::model_failure::kind::unavailable, "the server stops", 0});
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
    plan.use = &engine_.completions;
    plan.target = completion_url_.target(made.path);
    plan.body = [body = std::move(made.body)](token_limit_name) { return body; };
    plan.whole_ms = all.completion_timeout_ms;
    plan.shaper = answer_shaper::until(completion_stops(all.style, prompt.is_single_line));
    return ask(std::move(plan), std::move(hooks));
  }

  std::unique_ptr<ai::model_call> chat(ai::chat_prompt prompt, ai::model_hooks hooks) override {
    question_plan plan;
    plan.use = &engine_.questions;
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
    plan.use = &engine_.completions;
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
      std::make_shared<model_question>(engine_, std::move(plan), std::move(hooks), is_wanted);
    door_->post([made, is_busy] { made->start(is_busy); });
    return std::make_unique<call>(door_, made, is_wanted);
  }

  model_engine engine_;
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
