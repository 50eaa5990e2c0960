// One question to a model's server: asked, tried again, answered, failed or taken back.
// And what all questions of one model share. Private to net/openai_model; on the
// model's thread, but for the counters.
//
// Invariants
//  1. `done` or `failed` is called once, last, unless the question is taken back first.
//  2. Completions and questions have a breaker each, also where one server answers both:
//     a deadline that is too short for the one says nothing of the other.
#pragma once

#include "actors/ai/circuit_breaker.hpp"
#include "actors/ai/language_model.hpp"
#include "net/answer_shaper.hpp"
#include "net/http_client.hpp"
#include "net/model_answer.hpp"
#include "net/model_json.hpp"
#include "net/model_settings.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>

namespace tandem::net {

class model_question;

// One server.
struct upstream {
  upstream(boost::asio::io_context& context, upstream_url url, const std::string& authority)
      : client{context, std::move(url), authority} {}

  http_client client;
  token_limit_name limit_name = token_limit_name::max_tokens;
};

// What a server is asked for, and how it has been doing that.
struct upstream_use {
  const char* name;  // for the log
  upstream* server = nullptr;
  ai::circuit_breaker breaker;
};

// What is asked, of whom, and what becomes of the answer. Each try begins with it.
struct question_plan {
  upstream_use* use = nullptr;
  std::string target;
  std::function<std::string(token_limit_name)> body;
  std::uint32_t whole_ms = 0;
  answer_shaper shaper;
};

// Whether the model_call of a question still is.
using wanted_flag = std::shared_ptr<std::atomic<bool>>;

// What the questions use of the model.
struct model_engine {
  explicit model_engine(const model_settings& all, const ai::breaker_limits& bounds)
      : settings{all},
        questions{"questions", nullptr, ai::circuit_breaker{bounds}},
        completions{"completions", nullptr, ai::circuit_breaker{bounds}} {}

  const model_settings settings;
  boost::asio::io_context context{1};
  std::unique_ptr<upstream> server;
  std::unique_ptr<upstream> completion_server;  // if it is another one
  upstream_use questions;
  upstream_use completions;
  std::mt19937 chance{std::random_device{}()};
  std::set<std::shared_ptr<model_question>> under_way;

  std::atomic<std::uint64_t> asked = 0;
  std::atomic<std::uint64_t> answered = 0;
  std::atomic<std::uint64_t> failed = 0;
  std::atomic<std::uint64_t> cancelled = 0;
  std::atomic<std::uint64_t> retried = 0;
  std::atomic<std::uint32_t> under_way_count = 0;
  std::atomic<std::uint64_t> upstream_ms = 0;
  std::atomic<bool> is_resting = false;

  void note_rest() { is_resting = questions.breaker.is_open() || completions.breaker.is_open(); }
};

class model_question : public std::enable_shared_from_this<model_question> {
 public:
  // `is_wanted`: until its model_call has gone.
  model_question(model_engine& model, question_plan plan, ai::model_hooks hooks,
                 wanted_flag is_wanted);

  void start(bool is_busy);
  void cancel();
  void fail(ai::model_failure why);

 private:
  ai::circuit_breaker& breaker() { return plan_.use->breaker; }
  upstream& server() { return *plan_.use->server; }
  std::uint64_t left_ms() const;
  void try_once();
  http_question make_http_question();
  void on_head(const http_head& head);
  void on_body(std::string_view bytes);
  void on_end();
  void go_on(answer_reader::state state, std::string_view text);
  void give(std::string piece);
  void answer();
  void note_success();
  void note_failure(const ai::model_failure& failure);
  void try_failed(ai::model_failure failure);
  std::string shown_name() const;  // of the server, for the log
  bool must_name_limit_otherwise(const ai::model_failure& failure) const;
  // The end, whatever it is. Who holds what it returns may go on using this.
  [[nodiscard]] std::shared_ptr<model_question> leave();

  model_engine& model_;
  question_plan plan_;
  ai::model_hooks hooks_;
  const wanted_flag is_wanted_;
  boost::asio::steady_timer pause_;
  const std::uint64_t begun_ms_;
  std::shared_ptr<http_exchange> exchange_;
  std::optional<answer_reader> reader_;  // of this try, as the next
  answer_shaper shaper_;
  std::string whole_;
  std::uint32_t tries_ = 0;
  unsigned status_ = 0;  // of this try's answer; 0: there is none yet
  token_limit_name limit_name_ = token_limit_name::max_tokens;
  ai::circuit_breaker::leave leave_ = ai::circuit_breaker::leave::no;
  bool is_trying_ = false;  // the breaker waits for an outcome
  bool is_over_ = false;
};

}  // namespace tandem::net
