#include "tools/line_reader.hpp"

#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace tandem::tools {

namespace {

constexpr std::size_t first_buffer_bytes = 1U << 20U;

gzFile open(const std::string& path) {
  const gzFile file = path == "-" ? gzdopen(dup(STDIN_FILENO), "rb") : gzopen(path.c_str(), "rb");
  if (file == nullptr)
    throw std::runtime_error{"cannot open " + path + ": " + std::strerror(errno)};
  return file;
}

}  // namespace

line_reader::line_reader(const std::string& path)
    : path_{path}, file_{open(path), gzclose}, buffer_(first_buffer_bytes) {
  std::error_code none;
  const auto size = std::filesystem::file_size(path, none);
  size_bytes_ = none ? 0 : size;
}

// Makes room behind what is not taken yet, and reads into it.
bool line_reader::fill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (end_ == buffer_.size()) {
    if (buffer_.size() >= line_bytes_max)
      throw std::runtime_error{path_ + ": line " + std::to_string(number_ + 1) + " is too long"};
    buffer_.resize(buffer_.size() * 2);
  }
  const int count = gzread(file_.get(), buffer_.data() + end_,
                           static_cast<unsigned>(buffer_.size() - end_));
  if (count < 0)
    throw std::runtime_error{"cannot read " + path_};
  end_ += static_cast<std::size_t>(count);
  const auto offset = gzoffset(file_.get());  // a system call
  read_bytes_ = offset < 0 ? 0 : static_cast<std::uint64_t>(offset);
  return count > 0;
}

std::optional<std::string_view> line_reader::next() {
  std::size_t looked = 0;
  while (true) {
    const char* from = buffer_.data() + begin_;
    const void* feed = std::memchr(from + looked, '\n', end_ - begin_ - looked);
    if (feed != nullptr) {
      const auto bytes = static_cast<std::size_t>(static_cast<const char*>(feed) - from);
      begin_ += bytes + 1;
      ++number_;
      return std::string_view{from, bytes};
    }
    looked = end_ - begin_;
    if (!at_end_ && fill())
      continue;
    at_end_ = true;
    if (begin_ == end_)
      return std::nullopt;
    const std::string_view last{buffer_.data() + begin_, end_ - begin_};
    begin_ = end_;
    ++number_;
    return last;
  }
}

}  // namespace tandem::tools
