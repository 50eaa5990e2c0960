// A room in REST answers. Pure functions.
#pragma once

#include "actors/admission.hpp"
#include "actors/ai/ai_offer.hpp"
#include "net/json_text.hpp"
#include "storage/records.hpp"

#include <string>
#include <string_view>

namespace tandem::net {

inline void append_access(std::string& out, const storage::access_record& access) {
  append_field(out, "visibility", access.visibility);
  append_field(out, "link_role", access.link_role);
  append_flag(out, "is_locked", access.is_locked);
}

// What holds in a room, and for whom it can be set: what there is to choose from. The
// model and its host are what `on` means, also where it is not chosen.
inline void append_ai(std::string& out, const ai_offer& offer, std::string_view stored) {
  append_key(out, "ai");
  out += '{';
  append_field(out, "mode", to_string(effective_mode(offer, stored)));
  append_field(out, "provider", offer.provider);
  if (offer.has_model()) {
    append_field(out, "model", offer.model);
    append_field(out, "host", offer.host);
  }
  append_key(out, "choices");
  out += '[';
  for (const ai_mode mode : choices_of(offer)) {
    out += out.back() == '[' ? "" : ",";
    append_json_string(out, to_string(mode));
  }
  out += "]}";
}

// For whoever asks: with what they may.
inline std::string room_json(const std::string& public_url, const ai_offer& ai,
                             const storage::room_record& room, const admission& who) {
  std::string out = "{";
  append_field(out, "room_id", room.id);
  append_field(out, "name", room.name);
  append_field(out, "url", public_url + "/r/" + room.id);
  append_field(out, "created_at", room.created_at_ms);
  append_field(out, "role", to_string(who.role));
  append_flag(out, "may_manage", who.may_manage);
  append_access(out, who.access);
  append_ai(out, ai, who.access.ai);
  append_key(out, "files");
  out += '[';
  for (const storage::file_record& file : room.files) {
    out += out.back() == '[' ? "{" : ",{";
    append_field(out, "file", file.name);
    append_field(out, "rev", file.rev);
    append_field(out, "language", file.language);
    out += '}';
  }
  out += "]}";
  return out;
}

}  // namespace tandem::net
