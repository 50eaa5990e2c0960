#include "net/rest_api.hpp"

#include "actors/file_names.hpp"
#include "actors/log.hpp"
#include "net/hex.hpp"
#include "net/json.hpp"
#include "net/json_text.hpp"
#include "net/room_id.hpp"
#include "net/target.hpp"
#include "net/wire_codec.hpp"
#include "ot/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <utility>

namespace tandem::net {

namespace {

constexpr std::uint64_t history_entries_max = 10'000;

std::string_view path_of(const http_request& request) noexcept {
  const std::string_view target{request.target().data(), request.target().size()};
  return target.substr(0, target.find('?'));
}

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

// Runs a task on the store and turns what it throws into an answer.
template <class Store, class F>
void answered(Store& store, const respond& answer, F task) {
  try {
    answer(task(store));
  } catch (const storage::store_error& error) {
    log(log_level::error, error.what());
    answer(error_response(http::status::service_unavailable, "unavailable",
                          "the store cannot be reached"));
  }
}

http_response no_such_room() {
  return error_response(http::status::not_found, "no_such_room", "no such room");
}

http_response no_such_file() {
  return error_response(http::status::not_found, "unknown_file", "no such file in this room");
}

http_response bad_request(std::string_view why) {
  return error_response(http::status::bad_request, "bad_message", why);
}

std::optional<storage::file_record> find_file(storage::reader& from, const std::string& room,
                                              const std::string& name, http_response& problem) {
  const auto found = from.find_room(storage::default_tenant, room);
  if (!found) {
    problem = no_such_room();
    return std::nullopt;
  }
  const auto file = std::ranges::find(found->files, name, &storage::file_record::name);
  if (file == found->files.end()) {
    problem = no_such_file();
    return std::nullopt;
  }
  return *file;
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

void rest_api::handle_room(const http_request& request, const target& where, respond answer) {
  const std::size_t depth = where.segments.size();
  const http::verb method = request.method();
  if (depth == 1 && method == http::verb::post)
    return create_room(request, std::move(answer));
  if (depth == 2 && method == http::verb::get)
    return describe_room(where.segments[1], std::move(answer));
  if (depth == 2 && method == http::verb::delete_)
    return remove_room(where.segments[1], std::move(answer));
  if (depth == 3 && where.segments[2] == "versions" && method == http::verb::get)
    return list_versions(where.segments[1], std::move(answer));
  if (depth == 3 && where.segments[2] == "versions" && method == http::verb::post)
    return add_version(request, where.segments[1], std::move(answer));
  if (depth >= 3 && where.segments[2] == "files")
    return handle_file(request, where, std::move(answer));
  if (depth <= 2)
    return answer(error_response(http::status::method_not_allowed, "method_not_allowed",
                                 "not with this method"));
  answer(error_response(http::status::not_found, "not_found", "no such route"));
}

void rest_api::handle_file(const http_request& request, const target& where, respond answer) {
  const std::size_t depth = where.segments.size();
  if (request.method() != http::verb::get)
    return answer(error_response(http::status::method_not_allowed, "method_not_allowed",
                                 "only GET"));
  if (depth == 3)
    return list_files(where.segments[1], std::move(answer));
  if (depth == 4)
    return file_text(where, std::move(answer));
  if (depth == 5 && where.segments[4] == "history")
    return file_history(where, std::move(answer));
  answer(error_response(http::status::not_found, "not_found", "no such route"));
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

namespace {

constexpr std::size_t versions_per_room = 1'000;

std::string version_json(const storage::version_record& version) {
  std::string out = "{";
  append_field(out, "name", version.name);
  append_field(out, "by", version.author);
  append_field(out, "at", version.at_ms);
  append_key(out, "files");
  out += '[';
  for (const storage::version_record::file& file : version.files) {
    out += out.back() == '[' ? "{" : ",{";
    append_field(out, "file", file.name);
    append_field(out, "id", file.key);
    append_field(out, "rev", file.rev);
    out += '}';
  }
  return out + "]}";
}

// What a `POST …/versions` asks for; a problem if it is nothing.
std::string read_version_wish(std::string_view text, const limits& bounds,
                              storage::version_record& version) {
  json_document body;
  if (body.parse(text) != json_error::none || !body.root().is(json_kind::object))
    return "the body is {name, by?}";
  const auto name = body.root().find("name");
  const auto by = body.root().find("by");
  const auto fits = [&](json_view value) {
    return value.string() && ot::count_chars(*value.string()) <= bounds.name_chars;
  };
  if (!name || !fits(*name) || name->string()->empty() || (by && !fits(*by)))
    return fmt::format("name is a text of 1 to {} characters, and by of at most as many",
                       bounds.name_chars);
  version.name = *name->string();
  version.author = by ? *by->string() : std::string_view{};
  return {};
}

}  // namespace

void rest_api::list_versions(const std::string& id, respond answer) {
  actors_.read([id, answer = std::move(answer)](storage::reader& reader) {
    answered(reader, answer, [&](storage::reader& from) {
      if (!from.find_room(storage::default_tenant, id))
        return no_such_room();
      std::string out = "[";
      for (const storage::version_record& version : from.versions(storage::default_tenant, id))
        out += (out.back() == '[' ? "" : ",") + version_json(version);
      return json_response(http::status::ok, out + "]");
    });
  });
}

void rest_api::add_version(const http_request& request, const std::string& id, respond answer) {
  storage::version_record wish;
  wish.at_ms = now_ms();
  const std::string problem = read_version_wish(request.body(), actors_.bounds(), wish);
  if (!problem.empty())
    return answer(bad_request(problem));
  actors_.write([id, wish = std::move(wish), answer = std::move(answer)](storage::store& store) {
    answered(store, answer, [&](storage::store& to) {
      if (!to.find_room(storage::default_tenant, id))
        return no_such_room();
      if (to.versions(storage::default_tenant, id).size() >= versions_per_room)
        return error_response(http::status::conflict, "too_large", "the room has too many versions");
      const auto added = to.add_version(storage::default_tenant, id, wish);
      if (!added)
        return error_response(http::status::conflict, "version_exists",
                              "a version of that name exists");
      return json_response(http::status::created, version_json(*added));
    });
  });
}

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

void rest_api::file_text(const target& where, respond answer) {
  const auto wanted = query_value(where.query, "rev");
  const auto rev = wanted ? parse_number(*wanted) : std::nullopt;
  if (wanted && !rev)
    return answer(bad_request("rev is a number"));
  actors_.read([room = where.segments[1], name = where.segments[3], rev,
                answer = std::move(answer)](storage::reader& reader) {
    answered(reader, answer, [&](storage::reader& from) {
      http_response problem;
      const auto file = find_file(from, room, name, problem);
      if (!file)
        return problem;
      const auto text = rev && *rev > file->rev
                          ? std::nullopt
                          : text_at(from, file->key, rev.value_or(file->rev));
      if (!text)
        return error_response(http::status::not_found, "stale",
                              "the file has no such revision");
      http_response response =
        make_response(http::status::ok, "text/plain; charset=utf-8", *text);
      response.set("Tandem-Revision", std::to_string(rev.value_or(file->rev)));
      response.set(http::field::cache_control, "no-store");
      return response;
    });
  });
}

namespace {

void append_history_entry(std::string& out, ot::revision rev, const storage::stored_op& entry) {
  out += out.back() == '[' ? "{" : ",{";
  append_field(out, "rev", rev);
  append_field(out, "by", to_hex(entry.client.bytes));
  append_field(out, "name", entry.author);
  append_field(out, "at", entry.at_ms);
  append_key(out, "op");
  append_op(out, entry.op);
  out += '}';
}

}  // namespace

// The operations that lead from one revision to another, at most
// history_entries_max of them.
void rest_api::file_history(const target& where, respond answer) {
  std::optional<std::uint64_t> bounds[2];
  const char* names[] = {"from", "to"};
  for (int i = 0; i < 2; ++i) {
    const auto wanted = query_value(where.query, names[i]);
    bounds[i] = wanted ? parse_number(*wanted) : std::nullopt;
    if (wanted && !bounds[i])
      return answer(bad_request("from and to are numbers"));
  }
  const std::uint64_t begin = bounds[0].value_or(0);
  actors_.read([room = where.segments[1], name = where.segments[3], begin, end = bounds[1],
                answer = std::move(answer)](storage::reader& reader) {
    answered(reader, answer, [&](storage::reader& from) {
      http_response problem;
      const auto file = find_file(from, room, name, problem);
      if (!file)
        return problem;
      const std::uint64_t last = std::min(end.value_or(file->rev), file->rev);
      std::string out = "[";
      std::uint64_t entries = 0;
      from.read_ops(file->key, begin, last, [&](ot::revision rev, storage::stored_op&& entry) {
        append_history_entry(out, rev, entry);
        return ++entries < history_entries_max;
      });
      return json_response(http::status::ok, out + "]");
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
