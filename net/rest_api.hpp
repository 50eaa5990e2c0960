// REST: finds the route (rest_routes.hpp), the caller and their rights, and has
// the route's function answer. Stateless but for the limits; what it answers
// with comes from the store, through the service. Answers come on any thread.
//
//   request ─▶ route ─▶ the address's rate ─▶ service::admit ─▶ the account's rate ─▶
//   refusal? ─▶ the route's function
#pragma once

#include "net/rest_routes.hpp"

#include <cstdint>
#include <string_view>

namespace tandem::net {

class rest_api {
 public:
  explicit rest_api(rest_context& context) : rest_{context} {}

  // Whether the path is one of its routes' beginnings.
  static bool serves(std::string_view path) noexcept;

  // REQUIRES: serves(path of the request's target).
  void handle(incoming_ptr request, caller from, respond answer);

 private:
  // 0, or the microseconds to wait.
  std::int64_t charge(const admission& who, const rest_call& call, std::int64_t now_us);
  void run(const route& found, rest_call call);

  rest_context& rest_;
};

}  // namespace tandem::net
