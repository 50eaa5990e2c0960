#include "actors/access.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tandem {

namespace {

constexpr std::array<std::pair<std::string_view, room_role>, 5> role_names{
  {{"none", room_role::none},
   {"viewer", room_role::viewer},
   {"commenter", room_role::commenter},
   {"editor", room_role::editor},
   {"owner", room_role::owner}}};

constexpr std::array<std::pair<std::string_view, bool token_scopes::*>, 5> scope_names{
  {{"read", &token_scopes::read},
   {"write", &token_scopes::write},
   {"manage", &token_scopes::manage},
   {"account", &token_scopes::account},
   {"admin", &token_scopes::admin}}};

// The highest role that a token is good for.
room_role ceiling_of(const token_scopes& scopes) noexcept {
  if (scopes.manage)
    return room_role::owner;
  if (scopes.write)
    return room_role::editor;
  return scopes.read ? room_role::viewer : room_role::none;
}

bool is_for_room(const known_account& account, std::string_view room_id) noexcept {
  return !account.only_room || *account.only_room == room_id;
}

}  // namespace

std::string_view to_string(room_role role) noexcept {
  return role_names[static_cast<std::size_t>(role)].first;
}

std::optional<room_role> parse_room_role(std::string_view text) noexcept {
  for (const auto& [name, role] : role_names)
    if (name == text && role != room_role::none)
      return role;
  return std::nullopt;
}

room_role role_needed(room_action action) noexcept {
  switch (action) {
    case room_action::read: return room_role::viewer;
    case room_action::point:
    case room_action::chat: return room_role::commenter;
    case room_action::edit:
    case room_action::change_files:
    case room_action::ask_ai: return room_role::editor;
    case room_action::manage: return room_role::owner;
  }
  return room_role::owner;
}

std::optional<token_scopes> parse_scopes(std::string_view words) {
  token_scopes scopes;
  while (!words.empty()) {
    const std::size_t space = words.find(' ');
    const std::string_view word = words.substr(0, space);
    words.remove_prefix(space == std::string_view::npos ? words.size() : space + 1);
    const auto found = std::ranges::find(scope_names, word,
                                         &std::pair<std::string_view, bool token_scopes::*>::first);
    if (found == scope_names.end())
      return std::nullopt;
    scopes.*found->second = true;
  }
  if (scopes == token_scopes{})
    return std::nullopt;
  return scopes;
}

room_role role_in_room(const room_claims& claims, const known_account* account,
                       std::string_view room_id) {
  room_role role = claims.invited_as.value_or(room_role::none);
  const auto raise = [&](std::string_view name) {
    role = std::max(role, parse_room_role(name).value_or(room_role::none));
  };
  if (claims.member_role && claims.is_of_tenant)
    raise(*claims.member_role);
  if (claims.access.visibility == "link"
      || (claims.access.visibility == "tenant" && claims.is_of_tenant))
    raise(claims.access.link_role);
  if (account != nullptr)
    role = is_for_room(*account, room_id) ? std::min(role, ceiling_of(account->scopes))
                                          : room_role::none;
  if (claims.access.is_locked && role == room_role::editor)
    role = room_role::commenter;
  return role;
}

bool may_manage(room_role role, const known_account* account, bool is_of_tenant,
                std::string_view room_id) noexcept {
  if (may(role, room_action::manage))
    return true;
  return account != nullptr && is_of_tenant && account->is_admin && account->scopes.manage
         && is_for_room(*account, room_id);
}

}  // namespace tandem
