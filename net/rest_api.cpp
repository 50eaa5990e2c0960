#include "net/rest_api.hpp"

#include "net/json.hpp"
#include "net/rest_answers.hpp"
#include "net/target.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tandem::net {

namespace {

// By cookie, a page that is not ours can make a browser ask, but cannot know the
// word that goes with it.
std::optional<http_response> refusal_by_cookie(const rest_call& call) {
  const bool changes = call.message().method() != http::verb::get;
  if (call.from.cookie.empty() || !changes)
    return std::nullopt;
  if (!call.from.has_origin)
    return error_response(http::status::forbidden, "forbidden", "with a cookie this takes an Origin");
  if (call.from.csrf != csrf_of(call.from.cookie))
    return error_response(http::status::forbidden, "forbidden",
                          "with a cookie this takes the header Tandem-CSRF");
  return std::nullopt;
}

// The room that a request is about: its path says so, or its body. Empty: none.
std::string room_named(const route& found, const rest_call& call) {
  if (found.pattern.starts_with("/rooms/{"))
    return call.room();
  if (found.needed != need::ask_ai)
    return {};
  json_document body;
  if (body.parse(call.message().body()) != json_error::none || body.is_empty())
    return {};  // the route's function says what is wrong
  const auto room = body.root().find("room_id");
  return std::string{room ? room->string().value_or("") : std::string_view{}};
}

}  // namespace

bool rest_api::serves(std::string_view path) noexcept {
  constexpr std::array<std::string_view, 12> beginnings{
    "rooms", "healthz", "readyz", "metrics", "account", "invites",
    "tenant", "server", "auth", "openapi.json", "autocomplete", "refactor"};
  path.remove_prefix(path.starts_with('/') ? 1 : 0);
  return std::ranges::find(beginnings, path.substr(0, path.find('/'))) != beginnings.end();
}

void rest_api::handle(incoming_ptr request, caller from, respond answer) {
  const auto target = request->message.target();
  const std::string_view whole{target.data(), target.size()};
  const std::size_t question = whole.find('?');
  auto segments = path_segments(whole.substr(0, question));
  if (!segments)
    return answer(bad_request("the path is malformed"));
  const route_match match = find_route(request->message.method(), *segments);
  const bool is_there = match.found != nullptr
                        && !(match.found->is_of_accounts
                             && rest_.actors.mode() == access_mode::open);
  if (!is_there && match.is_path_known && match.found == nullptr)
    return answer(error_response(http::status::method_not_allowed, "method_not_allowed",
                                 "not with this method"));
  if (!is_there)
    return answer(error_response(http::status::not_found, "not_found", "no such route"));
  std::string query{question == std::string_view::npos ? "" : whole.substr(question + 1)};
  run(*match.found, {std::move(request), std::move(*segments), std::move(query), std::move(from),
                     {}, std::move(answer)});
}

// Of an account it is the account's limit that counts, not the address's.
std::int64_t rest_api::charge(const admission& who, const rest_call& call, std::int64_t now_us) {
  rate_limits& rates = rest_.actors.rates();
  const std::string& address = call.from.shown.address;
  if (who.account || who.is_store_down)
    rates.give_back_request(address);
  return who.account ? rates.take_request(who.account->key, address, now_us) : 0;
}

void rest_api::run(const route& found, rest_call call) {
  const bool is_open = rest_.actors.mode() == access_mode::open;
  const std::int64_t now_us = steady_now_us();
  if (const auto wait_us = rest_.actors.rates().take_request({}, call.from.shown.address, now_us);
      wait_us > 0)
    return call.answer(too_many_requests(wait_us));
  if (found.needed == need::nothing)
    return found.run(rest_, std::move(call));
  if (is_open) {
    call.who = open_admission();
    return found.run(rest_, std::move(call));
  }
  if (auto refused = refusal_by_cookie(call))
    return call.answer(std::move(*refused));
  const std::string room_id = room_named(found, call);
  auto shared = std::make_shared<rest_call>(std::move(call));
  rest_.actors.admit(shared->from.shown, room_id,
                     [this, &found, shared, now_us,
                      names_room = !room_id.empty()](const admission& who) {
                       if (const std::int64_t wait_us = charge(who, *shared, now_us); wait_us > 0)
                         return shared->answer(too_many_requests(wait_us));
                       if (auto refused =
                             refusal(found.needed, who, rest_.actors.mode(), names_room))
                         return shared->answer(std::move(*refused));
                       shared->who = who;
                       found.run(rest_, std::move(*shared));
                     });
}

}  // namespace tandem::net
