#include "storage/postgres_group.hpp"

#include "storage/op_codec.hpp"
#include "storage/postgres_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

namespace tandem::storage {

namespace {

// Where in the bytes something was put.
struct place {
  std::size_t start = 0;
  std::size_t length = 0;
};

place add_bytes(std::string& all, std::string_view more) {
  const place put{all.size(), more.size()};
  all += more;
  return put;
}

void add_place(json_rows& rows, place put) {
  rows.field("start", static_cast<std::int64_t>(put.start));
  rows.field("length", static_cast<std::int64_t>(put.length));
}

// A write of no step is refused.
constexpr std::size_t no_step = 0;

// The step of each write. A room's n-th write in the group comes after all
// n-1-th ones; rooms of different tenants are in different steps. In every
// program the tenants of a round are in the order of their keys: so are the locks.
class step_plan {
 public:
  step_plan(std::span<const room_write> group,
            const std::function<std::optional<tenant_key>(room_key)>& tenant_of) {
    std::map<room_key, std::size_t> times;
    std::vector<std::optional<slot>> slots;
    for (const room_write& write : group) {
      const bool has_empty_run = std::ranges::any_of(
        write.runs, [](const op_run& run) { return run.ops.empty(); });
      const auto tenant = has_empty_run ? std::nullopt : tenant_of(write.room);
      slots.push_back(tenant ? std::optional{slot{times[write.room]++, *tenant}} : std::nullopt);
      if (slots.back())
        number_of_[*slots.back()] = 0;
    }
    std::size_t next = 1;
    for (auto& [which, number] : number_of_)
      number = next++;
    for (const auto& which : slots)
      steps_.push_back(which ? number_of_.at(*which) : no_step);
  }

  std::size_t of_write(std::size_t index) const { return steps_[index]; }
  std::vector<tenant_key> tenants() const {
    std::vector<tenant_key> all;
    for (const auto& [which, number] : number_of_)
      all.push_back(which.second);
    return all;
  }

 private:
  using slot = std::pair<std::size_t, tenant_key>;  // round, tenant

  std::map<slot, std::size_t> number_of_;
  std::vector<std::size_t> steps_;
};

void add_run(append_parameters& all, std::int64_t write, const op_run& run) {
  const place put = add_bytes(all.bytes, encode_run(run.ops));
  all.run_writes.add(write);
  all.run_files.add(run.file);
  all.run_firsts.add(as_bigint(run.first));
  all.run_lasts.add(as_bigint(run.last()));
  all.run_starts.add(static_cast<std::int64_t>(put.start));
  all.run_lengths.add(static_cast<std::int64_t>(put.length));
}

void add_change(append_parameters& all, std::int64_t write, const file_change& change) {
  json_rows& row = all.changes.row().field("write", write);
  if (const auto* created = std::get_if<create_file>(&change)) {
    add_new_file(row.field("kind", "create"), all.bytes, *created);
  } else if (const auto* renamed = std::get_if<rename_file>(&change)) {
    row.field("kind", "rename").field("file", renamed->file);
    row.field("name", renamed->name).field("language", renamed->language);
  } else {
    const auto& removed = std::get<remove_file>(change);
    row.field("kind", "remove").field("file", removed.file).field("at_ms", removed.at_ms);
  }
}

void add_message(append_parameters& all, std::int64_t write, const chat_message& said) {
  json_rows& row = all.messages.row().field("write", write);
  row.field("n", static_cast<std::int64_t>(said.n)).field("author", said.author);
  row.field("client", as_uuid(said.client));
  row.field("client_message_id", static_cast<std::int64_t>(said.client_message_id));
  row.field("text", said.text).field("at_ms", said.at_ms);
}

// A statement may write a row once: of two snapshots of one revision, or two
// last edits of one client, the later one counts.
void add_snapshots(append_parameters& all, std::int64_t write,
                   const std::vector<snapshot>& snapshots) {
  std::map<std::pair<file_key, ot::revision>, const snapshot*> texts;
  std::map<std::pair<file_key, ot::client_id>, ot::last_edit> edits;
  for (const snapshot& taken : snapshots) {
    texts[{taken.file, taken.rev}] = &taken;
    for (const auto& [client, last] : taken.last)
      edits[{taken.file, client}] = last;
  }
  for (const auto& [key, taken] : texts) {
    json_rows& row = all.snapshots.row().field("write", write).field("file", key.first);
    add_place(row.field("rev", as_bigint(key.second)), add_bytes(all.bytes, taken->text));
  }
  for (const auto& [key, last] : edits) {
    json_rows& row = all.last_edits.row().field("write", write).field("file", key.first);
    row.field("client", as_uuid(key.second));
    row.field("seq", static_cast<std::int64_t>(last.seq)).field("rev", as_bigint(last.rev));
  }
}

}  // namespace

void sql_numbers::add(std::int64_t value) {
  if (text_.size() > 1)
    text_ += ',';
  fmt::format_to(std::back_inserter(text_), "{}", value);
}

json_rows& json_rows::row() {
  text_ += is_empty() ? "{" : "},{";
  return *this;
}

void json_rows::begin_field(std::string_view name) {
  fmt::format_to(std::back_inserter(text_), "{}\"{}\":", text_.ends_with('{') ? "" : ",", name);
}

json_rows& json_rows::field(std::string_view name, std::int64_t value) {
  begin_field(name);
  text_ += fmt::to_string(value);
  return *this;
}

json_rows& json_rows::field(std::string_view name, std::string_view value) {
  begin_field(name);
  text_ += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\')
      text_ += {'\\', c};
    else if (c == '\0')
      text_ += no_character;
    else if (static_cast<unsigned char>(c) < 0x20)
      fmt::format_to(std::back_inserter(text_), "\\u{:04x}", static_cast<unsigned char>(c));
    else
      text_ += c;
  }
  text_ += '"';
  return *this;
}

void add_new_file(json_rows& row, std::string& bytes, const create_file& file) {
  row.field("name", file.name).field("language", file.language).field("at_ms", file.at_ms);
  row.field("last_rev", static_cast<std::int64_t>(file.first_ops.size()));
  add_place(row, add_bytes(bytes, encode_run(file.first_ops)));
}

append_parameters append_parameters_of(
  std::span<const room_write> group,
  const std::function<std::optional<tenant_key>(room_key)>& tenant_of) {
  const step_plan plan{group, tenant_of};
  append_parameters all;
  for (const tenant_key tenant : plan.tenants())
    all.step_tenants.add(tenant);
  for (std::size_t i = 0; i < group.size(); ++i) {
    const room_write& write = group[i];
    all.rooms.add(write.room);
    all.epochs.add(write.epoch);
    all.steps.add(static_cast<std::int64_t>(plan.of_write(i)));
    if (plan.of_write(i) == no_step)
      continue;
    const auto number = static_cast<std::int64_t>(i + 1);
    for (const op_run& run : write.runs)
      add_run(all, number, run);
    for (const file_change& change : write.changes)
      add_change(all, number, change);
    for (const chat_message& said : write.chat)
      add_message(all, number, said);
    add_snapshots(all, number, write.snapshots);
  }
  return all;
}

}  // namespace tandem::storage
