// The op log: its lines, and what may follow what.
//
// Input: an op log, of any bytes, in lines.
// Must hold
//  1. A line is read, or op_log_error says why not; nothing else is thrown.
//  2. A line that was read has canonical operations and valid texts, and is one
//     line again when written, which reads as the same.
//  3. A replay takes a line or refuses it and has changed nothing; what it takes
//     makes of every file what plain texts become.
//  4. A log is whole only behind its end, and the end that a replay works out
//     itself is one that it takes.
#include "net/op_log_codec.hpp"
#include "storage/op_log.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <map>
#include <optional>

namespace tandem::fuzz {
namespace {

using storage::log_line;
using storage::log_replay;
using storage::op_log_error;
using plain_texts = std::map<std::string, std::string>;

std::optional<log_line> read(std::string_view bytes) {
  net::op_log_decoder decoder;
  try {
    return decoder.decode(bytes);
  } catch (const op_log_error& error) {
    must(!std::string_view{error.what()}.empty(), "a refusal says why");
    return std::nullopt;
  }
}

void must_survive(const log_line& line) {
  std::string written = net::encode_log_line(line);
  must_be_text(written);
  must(written.find('\n') == written.size() - 1, "a line is one line");
  written.pop_back();
  must(read(written) == line, "a line survives being written");
}

bool takes(log_replay& replay, const log_line& line) {
  try {
    replay.take(line);
    return true;
  } catch (const op_log_error&) {
    return false;
  }
}

bool is_whole(const log_replay& replay) {
  try {
    replay.finish();
    return true;
  } catch (const op_log_error&) {
    return false;
  }
}

// What a line that was taken does to plain texts.
void apply(const log_line& line, plain_texts& texts) {
  if (const auto* file = std::get_if<storage::log_file>(&line))
    texts[file->file] = "";
  if (const auto* entry = std::get_if<storage::log_entry>(&line))
    texts[entry->file] = ot::apply(entry->made.op, texts.at(entry->file));
}

void must_agree(const log_replay& replay, const plain_texts& texts) {
  must(replay.files().size() == texts.size(), "a replay has the log's files");
  for (const auto& [name, file] : replay.files()) {
    file.text.check();
    must(file.text.to_string() == texts.at(name), "a replay has the log's texts");
  }
}

void must_end(log_replay replay, const storage::log_end& end) {
  must_survive(end);
  must(takes(replay, end) && is_whole(replay), "a replay takes the end that it worked out");
  must(!takes(replay, end), "nothing follows the end");
}

// A log, line by line, beside plain texts.
class log_reader {
 public:
  void take(std::string_view bytes) {
    const auto line = read(bytes);
    if (!line)
      return;
    if (const auto* entry = std::get_if<storage::log_entry>(&*line))
      must_be_canonical(entry->made.op);
    must_survive(*line);
    const storage::log_end before = replay_.end();
    if (takes(replay_, *line)) {
      has_begun_ = true;
      apply(*line, texts_);
    } else {
      must(replay_.end() == before, "what is refused changes nothing");
    }
    must_agree(replay_, texts_);
  }

  void finish() const {
    if (has_begun_ && !is_whole(replay_))
      must_end(replay_, replay_.end());
  }

 private:
  log_replay replay_;
  plain_texts texts_;
  bool has_begun_ = false;
};

}  // namespace
}  // namespace tandem::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tandem::fuzz::log_reader log;
  std::string_view left = tandem::fuzz::as_text(data, size);
  while (!left.empty()) {
    const std::size_t end = left.find('\n');
    log.take(left.substr(0, end));
    left.remove_prefix(end == left.npos ? left.size() : end + 1);
  }
  log.finish();
  return 0;
}
