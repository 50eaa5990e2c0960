#include "net/rest_answers.hpp"

#include "net/json_text.hpp"
#include "net/target.hpp"

namespace tandem::net {

http_response too_many_requests(std::int64_t wait_us, std::string_view why) {
  const std::int64_t wait_ms = wait_us / 1000 + 1;
  std::string body = "{\"error\":{";
  append_field(body, "code", "rate_limited");
  append_field(body, "message", why);
  append_field(body, "retry_ms", wait_ms);
  http_response answer = json_response(http::status::too_many_requests, body + "}}");
  answer.set(http::field::retry_after, std::to_string((wait_ms + 999) / 1000));
  return answer;
}

std::optional<file_at> file_wanted(const rest_call& call) {
  file_at wanted{call.who.tenant, call.segments.at(1), call.segments.at(3), {}};
  if (const auto rev = query_value(call.query, "rev")) {
    wanted.rev = parse_number(*rev);
    if (!wanted.rev)
      return std::nullopt;
  }
  return wanted;
}

void audit(storage::sql_runner& sql, const admission& who, const caller& from,
           std::string_view action, std::optional<std::string> room,
           std::optional<std::string> target, std::optional<std::string> detail) {
  if (!who.account)
    return;
  storage::audit_log{sql, who.account->tenant}.add(
    {0, now_ms(), who.account->key, who.account->name, from.shown.address, std::string{action},
     std::move(room), std::move(target), std::move(detail)});
}

void audit_by_anybody(storage::sql_runner& sql, const admission& who, const caller& from,
                      std::string_view action, const std::string& room) {
  const auto account = who.account && who.is_of_tenant ? std::optional{who.account->key}
                                                       : std::nullopt;
  storage::audit_log{sql, who.tenant}.add(
    {0, now_ms(), account, who.account ? who.account->name : storage::guest_name,
     from.shown.address, std::string{action}, room, {}, {}});
}

}  // namespace tandem::net
