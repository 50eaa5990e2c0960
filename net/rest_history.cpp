// What was: named versions, a file's history, who wrote it, the way back, and
// the whole log. The table is at the end. What grows with the history is done by
// service::study, so that no room waits for it.
#include "net/rest_routes.hpp"

#include "net/hex.hpp"
#include "net/json.hpp"
#include "net/json_text.hpp"
#include "net/op_log_codec.hpp"
#include "net/rest_answers.hpp"
#include "net/target.hpp"
#include "net/wire_codec.hpp"
#include "ot/provenance.hpp"
#include "ot/utf8.hpp"
#include "storage/op_log_transfer.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

namespace tandem::net {

// ---- named versions ----

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

void list_versions(rest_context& rest, rest_call call) {
  rest.actors.read([call = std::move(call)](storage::reader& reader) {
    answered(reader, call.answer, [&](storage::reader& from) {
      if (!from.find_room(call.who.tenant, call.room()))
        return no_such_room();
      std::string out = "[";
      for (const storage::version_record& version :
           from.versions(call.who.tenant, call.room()))
        out += (out.back() == '[' ? "" : ",") + version_json(version);
      return json_response(http::status::ok, out + "]");
    });
  });
}

void add_version(rest_context& rest, rest_call call) {
  storage::version_record wish;
  wish.at_ms = now_ms();
  const std::string problem =
    read_version_wish(call.message().body(), rest.actors.bounds(), wish);
  if (!problem.empty())
    return call.answer(bad_request(problem));
  if (call.who.account)
    wish.author = call.who.account->name;
  rest.actors.write([wish = std::move(wish), call = std::move(call)](storage::store& store) {
    answered(store, call.answer, [&](storage::store& to) {
      const storage::tenant_key tenant = call.who.tenant;
      if (!to.find_room(tenant, call.room()))
        return no_such_room();
      if (to.versions(tenant, call.room()).size() >= versions_per_room)
        return error_response(http::status::conflict, "too_large", "the room has too many versions");
      const auto added = to.add_version(tenant, call.room(), wish);
      if (!added)
        return error_response(http::status::conflict, "version_exists",
                              "a version of that name exists");
      return json_response(http::status::created, version_json(*added));
    });
  });
}

// ---- a file's history ----

constexpr std::uint64_t history_entries_max = 10'000;

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

// The operations that lead from one revision to another, at most
// history_entries_max of them.
void file_history(rest_context& rest, rest_call call) {
  std::optional<std::uint64_t> bounds[2];
  const char* names[] = {"from", "to"};
  for (int i = 0; i < 2; ++i) {
    const auto wanted = query_value(call.query, names[i]);
    bounds[i] = wanted ? parse_number(*wanted) : std::nullopt;
    if (wanted && !bounds[i])
      return call.answer(bad_request("from and to are numbers"));
  }
  const std::uint64_t begin = bounds[0].value_or(0);
  rest.actors.study([begin, end = bounds[1], call = std::move(call)](storage::reader& reader) {
    answered(reader, call.answer, [&](storage::reader& from) {
      http_response problem;
      const auto file =
        find_file(from, call.who.tenant, call.room(), call.segments.at(3), problem);
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

// ---- who wrote what ----

// The authors of a file, numbered from 1 as they appear.
class author_book {
 public:
  ot::author_number number_of(const storage::stored_op& made) {
    const auto [known, is_new] = numbers_.try_emplace(
      {made.client, made.author}, static_cast<ot::author_number>(numbers_.size() + 1));
    if (is_new)
      order_.push_back(&known->first);
    return known->second;
  }

  // [{by, name}]; the author with number n is the n-th.
  std::string json() const {
    std::string out = "[";
    for (const author* one : order_) {
      out += out.back() == '[' ? "{" : ",{";
      append_field(out, "by", to_hex(one->first.bytes));
      append_field(out, "name", one->second);
      out += '}';
    }
    return out + "]";
  }

 private:
  using author = std::pair<ot::client_id, std::string>;
  std::map<author, ot::author_number> numbers_;
  std::vector<const author*> order_;
};

std::string blame_json(storage::reader& from, storage::file_key file, ot::revision rev) {
  author_book authors;
  ot::provenance written;
  from.read_ops(file, 0, rev, [&](ot::revision, storage::stored_op&& entry) {
    written.apply(entry.op, authors.number_of(entry));
    return true;
  });
  std::string out = "{";
  append_field(out, "rev", rev);
  append_key(out, "authors");
  out += authors.json();
  append_key(out, "runs");
  out += '[';
  for (const ot::origin_run& run : written.runs())
    out += fmt::format("{}[{},{}]", out.back() == '[' ? "" : ",", run.chars, run.author - 1);
  return out + "]}";
}

void file_blame(rest_context& rest, rest_call call) {
  auto wanted = file_wanted(call);
  if (!wanted)
    return call.answer(bad_request("rev is a number"));
  rest.actors.study([wanted = std::move(*wanted),
                     answer = std::move(call.answer)](storage::reader& reader) {
    answered_at(reader, answer, wanted,
                [](storage::reader& from, const storage::file_record& file, ot::revision rev) {
                  return json_response(http::status::ok, blame_json(from, file.key, rev));
                });
  });
}

// ---- the way back ----

struct restore_wish {
  ot::revision rev = 0;
  std::string author;
};

// Nothing if the text asks for nothing.
std::optional<restore_wish> read_restore_wish(std::string_view text, const limits& bounds) {
  json_document body;
  if (body.parse(text) != json_error::none || !body.root().is(json_kind::object))
    return std::nullopt;
  const auto rev = body.root().find("rev");
  const auto by = body.root().find("by");
  const auto author = by ? by->string() : std::optional<std::string_view>{""};
  const auto number = rev ? rev->integer() : std::nullopt;
  if (!number || *number < 0 || !author || ot::count_chars(*author) > bounds.name_chars)
    return std::nullopt;
  return restore_wish{static_cast<ot::revision>(*number), std::string{*author}};
}

// The operation on the file's head that brings a revision's text back. Keeps
// what is still there, so that carets and authors stay where they are.
ot::text_op way_back(storage::reader& from, const storage::file_record& file, ot::revision rev) {
  const std::string text = storage::text_at(from, file.key, rev).value();
  ot::provenance left{ot::count_chars(text)};
  from.read_ops(file.key, rev, file.rev, [&](ot::revision, storage::stored_op&& entry) {
    left.apply(entry.op, 1);
    return true;
  });
  return ot::back_to_first_text(left, text);
}

http_response restored_answer(const std::string& file, ot::revision rev, ot::revision restored) {
  std::string out = "{";
  append_field(out, "file", file);
  append_field(out, "rev", rev);
  append_field(out, "restored", restored);
  return json_response(http::status::ok, out + "}");
}

http_response refused_answer(const visit_result& result) {
  if (result.is_room_absent)
    return no_such_room();
  if (result.code == error_code::unknown_file)
    return no_such_file();
  const bool is_conflict = result.code != error_code::unavailable;
  return error_response(is_conflict ? http::status::conflict : http::status::service_unavailable,
                        to_string(result.code), result.why);
}

void restore_file(rest_context& rest, rest_call call) {
  auto wish = read_restore_wish(call.message().body(), rest.actors.bounds());
  if (!wish)
    return call.answer(bad_request("the body is {rev, by?}"));
  if (call.who.account)
    wish->author = call.who.account->name;
  rest.actors.study([&rest, wish = *wish, call = std::move(call)](storage::reader& from) {
    try {
      const std::string& name = call.segments.at(3);
      http_response problem;
      const auto file = find_file(from, call.who.tenant, call.room(), name, problem);
      if (!file || wish.rev > file->rev)
        return call.answer(file ? no_such_revision() : std::move(problem));
      ot::text_op op = way_back(from, *file, wish.rev);
      if (op.is_identity())
        return call.answer(restored_answer(name, file->rev, wish.rev));
      rest.actors.edit({call.room(), file->key, wish.author, file->rev, std::move(op),
                        call.who.tenant},
                       [answer = call.answer, name, restored = wish.rev](const visit_result& result) {
                         answer(result.rev ? restored_answer(name, *result.rev, restored)
                                           : refused_answer(result));
                       });
    } catch (const storage::store_error& error) {
      log(log_level::error, error.what());
      call.answer(store_unavailable());
    }
  });
}

// ---- the log ----

// The op log in pieces: one is read while nothing else of it is in memory.
class log_body final : public body_source,
                       public std::enable_shared_from_this<log_body> {
 public:
  log_body(service& actors, storage::room_record room)
      : actors_{actors}, teller_{std::move(room)} {}

  void next(std::function<void(std::optional<std::string>)> give) override {
    actors_.study([self = shared_from_this(), give = std::move(give)](storage::reader& from) {
      give(self->read_piece(from));
    });
  }

 private:
  static constexpr std::size_t piece_bytes = std::size_t{256} << 10U;

  std::optional<std::string> read_piece(storage::reader& from) {
    std::string piece;
    try {
      teller_.tell(from, [&](const storage::log_line& line) {
        piece += encode_log_line(line);
        return piece.size() < piece_bytes;
      });
    } catch (const storage::store_error& error) {
      log(log_level::error, error.what());
      return std::nullopt;
    }
    return piece;
  }

  service& actors_;
  storage::log_teller teller_;
};

void note_export(rest_context& rest, const rest_call& call) {
  if (rest.actors.mode() == access_mode::open)
    return;
  rest.actors.write([who = call.who, from = call.from, room = call.room()](storage::store& store) {
    try {
      store.change(who.tenant, [&](storage::sql_runner& sql) {
        audit_by_anybody(sql, who, from, "room.export", room);
      });
    } catch (const storage::store_error& error) {
      log(log_level::error, std::string{"cannot note an export: "} + error.what());
    }
  });
}

void stream_log(rest_context& rest, rest_call call) {
  note_export(rest, call);
  rest.actors.study([&rest, call = std::move(call)](storage::reader& reader) {
    answered(reader, call.answer, [&](storage::reader& from) -> http_answer {
      auto room = from.find_room(call.who.tenant, call.room());
      if (!room)
        return no_such_room();
      return {make_response(http::status::ok, "application/x-ndjson", ""),
              std::make_shared<log_body>(rest.actors, std::move(*room))};
    });
  });
}

constexpr route routes[] = {
  {http::verb::get, "/rooms/{room}/versions", need::read_room, false, "The named versions",
   list_versions},
  {http::verb::post, "/rooms/{room}/versions", need::edit_room, false,
   "Give what the files are now a name", add_version},
  {http::verb::get, "/rooms/{room}/files/{file}/history", need::read_room, false,
   "The operations after revision `from` up to `to`", file_history},
  {http::verb::get, "/rooms/{room}/files/{file}/blame", need::read_room, false,
   "Who wrote each character of revision `rev`", file_blame},
  {http::verb::post, "/rooms/{room}/files/{file}/restore", need::edit_room, false,
   "Bring the text of a revision back", restore_file},
  {http::verb::get, "/rooms/{room}/log", need::read_room, false, "The op log, streamed",
   stream_log},
};

}  // namespace

std::span<const route> history_routes() {
  return routes;
}

}  // namespace tandem::net
