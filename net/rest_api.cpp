#include "net/rest_api.hpp"

#include "actors/file_names.hpp"
#include "net/json.hpp"
#include "net/json_text.hpp"
#include "net/room_id.hpp"
#include "net/target.hpp"
#include "net/wire_codec.hpp"
#include "ot/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace tandem::net {

namespace {

std::string_view path_of(const http_request& request) noexcept {
  const std::string_view target{request.target().data(), request.target().size()};
  return target.substr(0, target.find('?'));
}

// The wish of a `POST /rooms`; or why it is none.
struct room_wish {
  storage::new_room room;
  std::string problem;
};

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

}  // namespace

bool rest_api::serves(std::string_view path) noexcept {
  return path == "/rooms" || path.starts_with("/rooms/") || path == "/healthz"
         || path == "/readyz" || path == "/metrics";
}

void rest_api::handle(const http_request& request, respond answer) {
  const std::string_view path = path_of(request);
  const auto segments = path_segments(path);
  if (!segments)
    return answer(bad_request("the path is malformed"));
  const std::string_view whole{request.target().data(), request.target().size()};
  const std::size_t query = whole.find('?');
  const target where{*segments,
                     std::string{query == std::string_view::npos ? "" : whole.substr(query + 1)}};
  const bool is_get = request.method() == http::verb::get;
  if (where.segments.front() == "rooms")
    return handle_room(request, where, std::move(answer));
  if (!is_get)
    return answer(error_response(http::status::method_not_allowed, "method_not_allowed",
                                 "only GET"));
  if (where.segments.front() == "healthz")
    return answer(json_response(http::status::ok, "{\"status\":\"ok\"}"));
  if (where.segments.front() == "readyz")
    return ready(std::move(answer));
  metrics(std::move(answer));
}

namespace {

http_response wrong_method() {
  return error_response(http::status::method_not_allowed, "method_not_allowed",
                        "not with this method");
}

http_response no_such_route() {
  return error_response(http::status::not_found, "not_found", "no such route");
}

}  // namespace

void rest_api::handle_room(const http_request& request, const target& where, respond answer) {
  const std::size_t depth = where.segments.size();
  const bool is_get = request.method() == http::verb::get;
  const bool is_post = request.method() == http::verb::post;
  if (depth == 1)
    return is_post ? create_room(request, std::move(answer)) : answer(wrong_method());
  const std::string& id = where.segments[1];
  if (depth == 2 && request.method() == http::verb::delete_)
    return remove_room(id, std::move(answer));
  if (depth == 2)
    return is_get ? describe_room(id, std::move(answer)) : answer(wrong_method());
  const std::string& what = where.segments[2];
  if (what == "files")
    return handle_file(request, where, std::move(answer));
  if (depth == 3 && what == "versions" && is_post)
    return add_version(request, id, std::move(answer));
  if (depth != 3 || (what != "versions" && what != "log"))
    return answer(no_such_route());
  if (!is_get)
    return answer(wrong_method());
  return what == "log" ? stream_log(id, std::move(answer)) : list_versions(id, std::move(answer));
}

void rest_api::handle_file(const http_request& request, const target& where, respond answer) {
  const std::size_t depth = where.segments.size();
  const std::string what = depth == 5 ? where.segments[4] : "";
  if (depth > 5 || (depth == 5 && what != "history" && what != "blame" && what != "restore"))
    return answer(no_such_route());
  const auto method = what == "restore" ? http::verb::post : http::verb::get;
  if (request.method() != method)
    return answer(wrong_method());
  if (depth == 3)
    return list_files(where.segments[1], std::move(answer));
  if (depth == 4)
    return file_text(where, std::move(answer));
  if (what == "history")
    return file_history(where, std::move(answer));
  if (what == "blame")
    return file_blame(where, std::move(answer));
  restore_file(request, where, std::move(answer));
}

// ---- rooms ----

void rest_api::create_room(const http_request& request, respond answer) {
  json_document body;
  storage::new_room wish;
  wish.id = random_room_id();
  wish.name = "Untitled room";
  wish.created_at_ms = now_ms();
  const std::string text = request.body().empty() ? "{}" : request.body();
  if (body.parse(text) != json_error::none)
    return answer(bad_request("the body is not JSON"));
  const std::string problem = read_room_wish(body.root(), actors_.bounds(), wish);
  if (!problem.empty())
    return answer(bad_request(problem));
  actors_.write([this, wish = std::move(wish), answer = std::move(answer)](storage::store& store) {
    answered(store, answer, [&](storage::store& to) {
      const auto room = to.create_room(wish);
      if (!room)
        return error_response(http::status::conflict, "room_exists", "try again");
      http_response response = json_response(http::status::created, room_json(*room));
      response.set(http::field::location, "/rooms/" + room->id);
      return response;
    });
  });
}

std::string rest_api::room_json(const storage::room_record& room) const {
  std::string out = "{";
  append_field(out, "room_id", room.id);
  append_field(out, "name", room.name);
  append_field(out, "url", public_url_ + "/r/" + room.id);
  append_field(out, "created_at", room.created_at_ms);
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

void rest_api::describe_room(const std::string& id, respond answer) {
  actors_.read([this, id, answer = std::move(answer)](storage::reader& reader) {
    answered(reader, answer, [&](storage::reader& from) {
      const auto room = from.find_room(storage::default_tenant, id);
      return room ? json_response(http::status::ok, room_json(*room)) : no_such_room();
    });
  });
}

void rest_api::remove_room(const std::string& id, respond answer) {
  actors_.close_room(id, [id, answer = std::move(answer)](storage::store& store) {
    answered(store, answer, [&](storage::store& from) {
      if (!from.remove_room(storage::default_tenant, id))
        return no_such_room();
      return http_response{http::status::no_content, 11};
    });
  });
}

// ---- versions ----

// ---- files ----

void rest_api::list_files(const std::string& id, respond answer) {
  actors_.read([id, answer = std::move(answer)](storage::reader& reader) {
    answered(reader, answer, [&](storage::reader& from) {
      const auto room = from.find_room(storage::default_tenant, id);
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

std::optional<file_at> rest_api::file_wanted(const target& where) {
  const auto rev = query_value(where.query, "rev");
  if (!rev)
    return file_at{where.segments[1], where.segments[3], {}};
  const auto number = parse_number(*rev);
  if (!number)
    return std::nullopt;
  return file_at{where.segments[1], where.segments[3], *number};
}

void rest_api::file_text(const target& where, respond answer) {
  auto wanted = file_wanted(where);
  if (!wanted)
    return answer(bad_request("rev is a number"));
  actors_.read([wanted = std::move(*wanted), answer = std::move(answer)](storage::reader& reader) {
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

// ---- the server itself ----

void rest_api::ready(respond answer) {
  actors_.read([answer = std::move(answer)](storage::reader& reader) {
    answered(reader, answer, [](storage::reader& from) {
      from.ping();
      return json_response(http::status::ok, "{\"status\":\"ready\"}");
    });
  });
}

void rest_api::metrics(respond answer) {
  const service::counters now = actors_.count();
  answer(make_response(http::status::ok, "text/plain; version=0.0.4; charset=utf-8",
                       fmt::format("# TYPE tandem_sessions gauge\ntandem_sessions {}\n"
                                   "# TYPE tandem_rooms_loaded gauge\ntandem_rooms_loaded {}\n",
                                   now.sessions, now.rooms)));
}

}  // namespace tandem::net
