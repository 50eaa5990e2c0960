// Reads editing traces (josephg/editing-traces): gzipped JSON, trusted.
// Positions and lengths count characters; the patches of one transaction apply
// in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tandem::test {

struct trace_patch {
  std::uint64_t position = 0;
  std::uint64_t removed = 0;
  std::string inserted;
};

struct trace_txn {
  std::uint32_t agent = 0;
  std::vector<std::size_t> parents;  // of a concurrent trace: indexes of what it had seen
  std::vector<trace_patch> patches;
};

struct trace {
  std::string name;  // the file's, without its endings
  bool concurrent = false;
  std::uint32_t agents = 1;
  std::string start;
  std::string end;
  std::vector<trace_txn> txns;

  std::size_t patch_count() const noexcept;
};

// The folder of traces: the environment variable TANDEM_TRACES or, without it,
// `otherwise`. Empty if there is no such folder.
std::filesystem::path trace_folder(const std::filesystem::path& otherwise);

// The *.json.gz files of a folder, by name.
std::vector<std::filesystem::path> trace_files(const std::filesystem::path& folder);

// Throws std::runtime_error if the file cannot be read or is not a trace.
trace read_trace(const std::filesystem::path& file);

}  // namespace tandem::test
