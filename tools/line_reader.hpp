// The lines of a file, plain or gzipped; `-` is standard input. Memory is that
// of the longest line.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct gzFile_s;

namespace tandem::tools {

class line_reader {
 public:
  // Throws std::runtime_error.
  explicit line_reader(const std::string& path);

  // Without its line feed; valid until the next call. Nothing at the end.
  // Throws std::runtime_error if the file cannot be read, or a line has more
  // than line_bytes_max.
  std::optional<std::string_view> next();

  // Of the line that next() returned, from 1.
  std::uint64_t number() const noexcept { return number_; }

  // Of the file as it lies on the disk; 0 if it has no size.
  std::uint64_t size_bytes() const noexcept { return size_bytes_; }
  std::uint64_t read_bytes() const noexcept { return read_bytes_; }

  static constexpr std::size_t line_bytes_max = 256U << 20U;

 private:
  bool fill();

  std::string path_;
  std::unique_ptr<gzFile_s, int (*)(gzFile_s*)> file_;
  std::uint64_t size_bytes_ = 0;
  std::uint64_t read_bytes_ = 0;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // what is not taken yet
  std::size_t end_ = 0;
  bool at_end_ = false;
  std::uint64_t number_ = 0;
};

}  // namespace tandem::tools
