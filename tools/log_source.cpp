#include "tools/log_source.hpp"

#include "net/json.hpp"
#include "net/op_log_codec.hpp"
#include "tools/line_reader.hpp"
#include "tools/progress.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace tandem::tools {

namespace {

using visitor = std::function<bool(const storage::log_line&)>;

constexpr const char* trace_file_name = "trace.txt";
constexpr std::size_t trace_nodes_max = 100'000'000;

[[noreturn]] void refuse(const std::string& path, std::uint64_t line, const std::string& why) {
  throw bad_log{path + ":" + std::to_string(line) + ": " + why};
}

// ---- editing traces ----

std::uint64_t position(net::json_view value) {
  const auto number = value.integer();
  if (!number || *number < 0 || *number > std::numeric_limits<std::int32_t>::max())
    throw storage::op_log_error{"a patch is [position, removed, \"inserted\"]"};
  return static_cast<std::uint64_t>(*number);
}

ot::text_op patch_op(net::json_view patch) {
  std::optional<net::json_view> parts[3];
  std::size_t count = 0;
  patch.for_each([&](net::json_view part) {
    parts[count] = part;
    return ++count < 3;
  });
  if (count != 3 || !parts[2]->string())
    throw storage::op_log_error{"a patch is [position, removed, \"inserted\"]"};
  ot::text_op op;
  op.keep(static_cast<std::uint32_t>(position(*parts[0])));
  op.remove(static_cast<std::uint32_t>(position(*parts[1])));
  op.insert(*parts[2]->string());
  return op;
}

// Numbers the operations of a trace, and remembers what it comes to.
class trace_teller {
 public:
  explicit trace_teller(const visitor& visit) : visit_{visit} {}

  bool tell(const storage::log_line& line) {
    replay_.take(line);
    return visit_(line);
  }

  bool tell_op(ot::text_op op) {
    if (op.is_identity())
      return true;
    ++rev_;
    return tell(storage::log_entry{
      trace_file_name, rev_, {std::move(op), {}, rev_, "", static_cast<std::int64_t>(rev_)}});
  }

  storage::log_line end() const { return replay_.end(); }

 private:
  const visitor& visit_;
  storage::log_replay replay_;
  ot::revision rev_ = 0;
};

void tell_trace(net::json_view trace, const visitor& visit) {
  const auto kind = trace.find("kind");
  if (kind && kind->string() == "concurrent")
    throw storage::op_log_error{"a concurrent trace is no op log: it has no single order"};
  const auto txns = trace.find("txns");
  if (!txns)
    throw storage::op_log_error{"neither an op log nor an editing trace"};
  trace_teller teller{visit};
  bool goes_on = teller.tell(storage::log_header{"trace", "Trace"})
                 && teller.tell(storage::log_file{trace_file_name, "plaintext"});
  if (const auto start = trace.find("startContent"); goes_on && start && start->string()) {
    ot::text_op op;
    op.insert(*start->string());
    goes_on = teller.tell_op(std::move(op));
  }
  if (!goes_on)
    return;
  goes_on = txns->for_each([&](net::json_view txn) {
    const auto patches = txn.find("patches");
    if (!patches)
      throw storage::op_log_error{"a transaction without patches"};
    return patches->for_each([&](net::json_view patch) { return teller.tell_op(patch_op(patch)); });
  });
  if (goes_on)
    visit(teller.end());
}

void read_trace(const std::string& path, line_reader& lines, std::string text,
                const visitor& visit) {
  while (const auto line = lines.next()) {
    text += '\n';
    text += *line;
  }
  net::json_document trace;
  if (trace.parse(text, trace_nodes_max) != net::json_error::none
      || !trace.root().is(net::json_kind::object))
    refuse(path, 1, "neither an op log nor an editing trace");
  try {
    tell_trace(trace.root(), visit);
  } catch (const storage::op_log_error& error) {
    refuse(path, 1, error.what());
  }
}

// An op log's first line is whole, and says what it is.
bool is_log(std::string_view first_line) {
  return first_line.substr(0, 512).find("\"tandem\"") != std::string_view::npos;
}

}  // namespace

void read_log(const std::string& path, const visitor& visit) {
  line_reader lines{path};
  progress shown{path, lines.size_bytes()};
  net::op_log_decoder decoder;
  while (const auto line = lines.next()) {
    if (lines.number() == 1 && !is_log(*line))
      return read_trace(path, lines, std::string{*line}, visit);
    try {
      if (!visit(decoder.decode(*line)))
        return;
    } catch (const storage::op_log_error& error) {
      refuse(path, lines.number(), error.what());
    }
    shown.at(lines.read_bytes());
  }
}

}  // namespace tandem::tools
