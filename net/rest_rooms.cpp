// Rooms and the texts of their files. The table is at the end.
#include "net/rest_routes.hpp"

#include "actors/file_names.hpp"
#include "net/json.hpp"
#include "net/json_text.hpp"
#include "net/rest_answers.hpp"
#include "net/room_id.hpp"
#include "net/room_json.hpp"
#include "net/target.hpp"
#include "ot/utf8.hpp"

#include <fmt/format.h>

#include <set>
#include <utility>

namespace tandem::net {

namespace {

// ---- making one ----

std::string read_file_wish(json_view entry, const limits& bounds, storage::new_room& room) {
  const auto text_of = [&](const char* name) -> std::optional<std::string_view> {
    const auto value = entry.find(name);
    return value ? value->string() : std::optional<std::string_view>{""};
  };
  const auto name = text_of("file");
  const auto text = text_of("text");
  const auto language = text_of("language");
  if (!name || !text || !language || !is_valid_file_name(*name, bounds.file_name_chars))
    return "each of files is {file, text?, language?} with a valid file name";
  if (ot::count_chars(*text) > bounds.text_chars)
    return "a text is too long";
  storage::create_file file{std::string{*name},
                            language->empty() ? language_of(*name) : std::string{*language},
                            {}, room.created_at_ms};
  if (!text->empty()) {
    ot::text_op op;
    op.insert(*text);
    file.first_ops.push_back({std::move(op), {}, 0, "", room.created_at_ms});
  }
  room.files.push_back(std::move(file));
  return {};
}

std::string read_room_wish(json_view body, const limits& bounds, storage::new_room& room) {
  if (!body.is(json_kind::object))
    return "an object is expected";
  if (const auto name = body.find("name")) {
    if (!name->string() || ot::count_chars(*name->string()) > bounds.name_chars)
      return fmt::format("name is a text of at most {} characters", bounds.name_chars);
    room.name = *name->string();
  }
  const auto files = body.find("files");
  if (!files) {
    room.files.push_back({"main.py", "python", {}, room.created_at_ms});
    return {};
  }
  std::string problem;
  std::set<std::string, std::less<>> names;
  const bool complete = files->for_each([&](json_view entry) {
    if (room.files.size() >= bounds.files_per_room)
      problem = "too many files";
    else
      problem = read_file_wish(entry, bounds, room);
    if (problem.empty() && !names.insert(room.files.back().name).second)
      problem = "two files have one name";
    return problem.empty();
  });
  if (!complete && problem.empty())
    problem = "files is a list";
  return problem;
}

// Rooms of accounts begin private; whoever made them owns them. What says so is
// written first: a room is never without it.
http_response make_room(rest_context& rest, storage::store& to, const storage::new_room& wish,
                        const admission& who, const caller& from) {
  if (who.account)
    to.change(wish.tenant, [&](storage::sql_runner& sql) {
      storage::room_access access{sql, wish.tenant};
      access.set(wish.id, {"private", "viewer", false, ""});
      access.set_member(wish.id, who.account->key, "owner");
      audit(sql, who, from, "room.create", wish.id);
    });
  const auto room = to.create_room(wish);
  if (!room)
    return error_response(http::status::conflict, "room_exists", "try again");
  http_response response =
    json_response(http::status::created, room_json(rest.public_url, rest.ai, *room, who));
  response.set(http::field::location, "/rooms/" + room->id);
  return response;
}

void create_room(rest_context& rest, rest_call call) {
  json_document body;
  storage::new_room wish;
  wish.id = random_room_id();
  wish.name = "Untitled room";
  wish.created_at_ms = now_ms();
  wish.tenant = call.who.account ? call.who.account->tenant : storage::default_tenant;
  const std::string text =
    call.message().body().empty() ? "{}" : std::string{call.message().body()};
  if (body.parse(text) != json_error::none)
    return call.answer(bad_request("the body is not JSON"));
  const std::string problem = read_room_wish(body.root(), rest.actors.bounds(), wish);
  if (!problem.empty())
    return call.answer(bad_request(problem));
  if (call.who.account) {
    call.who.role = room_role::owner;
    call.who.may_manage = true;
    call.who.access = {"private", "viewer", false, ""};
  }
  rest.actors.write([&rest, wish = std::move(wish), call = std::move(call)](storage::store& store) {
    answered(store, call.answer, [&](storage::store& to) {
      const auto max = static_cast<std::int64_t>(rest.actors.bounds().rooms_per_tenant);
      if (to.count_rooms(wish.tenant, max) >= max)
        return error_response(http::status::conflict, "too_large", "there are too many rooms");
      return make_room(rest, to, wish, call.who, call.from);
    });
  });
}

// ---- one ----

void describe_room(rest_context& rest, rest_call call) {
  rest.actors.read([&rest, call = std::move(call)](storage::reader& reader) {
    answered(reader, call.answer, [&](storage::reader& from) {
      const auto room = from.find_room(call.who.tenant, call.room());
      if (!room)
        return no_such_room();
      admission who = call.who;  // without accounts no gate has looked at the room
      who.access.ai = from.room_ai_mode(who.tenant, room->id).value_or("");
      return json_response(http::status::ok, room_json(rest.public_url, rest.ai, *room, who));
    });
  });
}

// The store removes in a transaction of its own. What is said before is true when
// that fails, too; the other way round a room could go without a word.
void remove_room(rest_context& rest, rest_call call) {
  const std::string room = call.room();
  rest.actors.close_room(room, [call = std::move(call)](storage::store& store) {
    answered(store, call.answer, [&](storage::store& from) {
      if (call.who.account && from.find_room(call.who.tenant, call.room()))
        from.change(call.who.tenant, [&](storage::sql_runner& sql) {
          audit(sql, call.who, call.from, "room.remove", call.room());
        });
      return from.remove_room(call.who.tenant, call.room())
               ? http_response{http::status::no_content, 11}
               : no_such_room();
    });
  });
}

// ---- files ----

void list_files(rest_context& rest, rest_call call) {
  rest.actors.read([call = std::move(call)](storage::reader& reader) {
    answered(reader, call.answer, [&](storage::reader& from) {
      const auto room = from.find_room(call.who.tenant, call.room());
      if (!room)
        return no_such_room();
      std::string out = "[";
      for (const storage::file_record& file : room->files) {
        out += out.back() == '[' ? "{" : ",{";
        append_field(out, "file", file.name);
        append_field(out, "rev", file.rev);
        append_field(out, "language", file.language);
        append_field(out, "length",
                     ot::count_chars(text_at(from, file.key, file.rev).value_or("")));
        out += '}';
      }
      return json_response(http::status::ok, out + "]");
    });
  });
}

void file_text(rest_context& rest, rest_call call) {
  auto wanted = file_wanted(call);
  if (!wanted)
    return call.answer(bad_request("rev is a number"));
  rest.actors.read([wanted = std::move(*wanted),
                    answer = std::move(call.answer)](storage::reader& reader) {
    answered_at(reader, answer, wanted,
                [](storage::reader& from, const storage::file_record& file, ot::revision rev) {
                  const auto text = text_at(from, file.key, rev);
                  if (!text)
                    return no_such_revision();
                  http_response response =
                    make_response(http::status::ok, "text/plain; charset=utf-8", *text);
                  response.set("Tandem-Revision", std::to_string(rev));
                  response.set(http::field::cache_control, "no-store");
                  return response;
                });
  });
}

constexpr route routes[] = {
  {http::verb::post, "/rooms", need::make_room, false, "Make a room", create_room},
  {http::verb::get, "/rooms/{room}", need::see_room, false, "What a room is", describe_room},
  {http::verb::delete_, "/rooms/{room}", need::manage_room, false,
   "Remove a room with all its history", remove_room},
  {http::verb::get, "/rooms/{room}/files", need::read_room, false, "The files of a room",
   list_files},
  {http::verb::get, "/rooms/{room}/files/{file}", need::read_room, false,
   "A file's text, at its head or at revision `rev`", file_text},
};

}  // namespace

std::span<const route> room_routes() {
  return routes;
}

}  // namespace tandem::net
