#include "tools/replay.hpp"

#include "actors/file_names.hpp"
#include "tools/arguments.hpp"
#include "tools/log_driver.hpp"
#include "tools/log_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tandem::tools {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t file_name_chars_max = 200;

struct replayed {
  storage::log_replay log;
  std::uint64_t operations = 0;
  bool has_end = false;
};

// The whole log, or as much of it as leads to a file's revision.
replayed read(const std::string& path, const std::optional<std::string>& file,
              std::optional<std::uint64_t> at) {
  replayed result;
  read_log(path, [&](const storage::log_line& line) {
    result.log.take(line);
    result.has_end = std::holds_alternative<storage::log_end>(line);
    const auto* entry = std::get_if<storage::log_entry>(&line);
    if (entry == nullptr)
      return true;
    ++result.operations;
    return !(at && file && entry->file == *file && entry->rev == *at);
  });
  return result;
}

void print_text(const ot::rope& text) {
  text.for_each_chunk([](std::string_view chunk) {
    std::fwrite(chunk.data(), 1, chunk.size(), stdout);
  });
}

int print_revision(const replayed& from, const std::string& file,
                   std::optional<std::uint64_t> at) {
  const auto found = from.log.files().find(file);
  if (found == from.log.files().end()) {
    fmt::print(stderr, "tandem: there is no {} in this log\n", file);
    return EXIT_FAILURE;
  }
  if (at && found->second.rev != *at) {
    fmt::print(stderr, "tandem: {} has no revision {}, only {}\n", file, *at, found->second.rev);
    return EXIT_FAILURE;
  }
  print_text(found->second.text);
  return EXIT_SUCCESS;
}

void write_out(const replayed& from, const fs::path& folder) {
  for (const auto& [name, file] : from.log.files()) {
    if (!is_valid_file_name(name, file_name_chars_max))
      throw std::runtime_error{"\"" + name + "\" is no name to write a file under"};
    const fs::path path = folder / name;
    fs::create_directories(path.parent_path());
    std::ofstream out{path, std::ios::binary | std::ios::trunc};
    file.text.for_each_chunk([&](std::string_view chunk) {
      out.write(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    });
    if (!out.flush())
      throw std::runtime_error{"cannot write " + path.string()};
  }
}

void print_summary(const replayed& from) {
  for (const auto& [name, file] : from.log.files())
    fmt::print("{}: revision {}, {} characters\n", name, file.rev, file.text.chars());
}

// The only file, if none is named.
std::string only_file(const replayed& from) {
  if (from.log.files().size() != 1)
    throw usage_error{"--at needs --file: the log has several files"};
  return from.log.files().begin()->first;
}

}  // namespace

namespace {

// A number with or without a fraction; "max" is 0.
double speed_of(const std::optional<std::string>& text) {
  if (!text)
    return 1;
  if (*text == "max")
    return 0;
  double speed = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), speed);
  if (read.ec != std::errc{} || read.ptr != text->data() + text->size() || !(speed > 0))
    throw usage_error{"--speed wants a number above 0, or max\n" + std::string{replay_usage}};
  return speed;
}

int drive(const std::string& path, const drive_options& options) {
  log_driver driver{options};
  read_log(path, [&](const storage::log_line& line) {
    driver.take(line);
    return true;
  });
  const drive_result result = driver.finish();
  fmt::print("{}: {} operations in {:.1f} s, {:.0f} a second; acknowledged in {:.2f} ms (p50),"
             " {:.2f} (p99)\n",
             result.room_url, result.operations, result.seconds,
             static_cast<double>(result.operations) / std::max(result.seconds, 1e-9),
             result.ack_p50_ms, result.ack_p99_ms);
  for (const std::string& name : result.different)
    fmt::print(stderr, "tandem: {}: the server's text is not the log's\n", name);
  return result.different.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int replay(std::span<char* const> given) {
  const arguments wanted{given,
                         {replay_usage,
                          1,
                          {"--file", "--at", "--out", "--to", "--speed", "--clients"},
                          {"--verify"}}};
  const std::string& path = wanted.word(0);
  const auto file = wanted.option("--file");
  const auto at = wanted.number("--at");
  try {
    if (const auto url = wanted.option("--to"))
      return drive(path, {*url, speed_of(wanted.option("--speed")),
                          wanted.number("--clients").value_or(1)});
    replayed from = read(path, file, at);
    if (at && !file) {
      const std::string name = only_file(from);
      return print_revision(read(path, name, at), name, at);
    }
    if (file)
      return print_revision(from, *file, at);
    if (wanted.has("--verify"))
      from.log.finish();
    else if (!from.has_end)
      fmt::print(stderr, "tandem: {}: the log has no end: it is cut off\n", path);
    if (const auto folder = wanted.option("--out"))
      write_out(from, *folder);
    print_summary(from);
    if (wanted.has("--verify"))
      fmt::print("{}: {} operations, sound\n", path, from.operations);
    return EXIT_SUCCESS;
  } catch (const bad_log& error) {
    fmt::print(stderr, "{}\n", error.what());
  } catch (const storage::op_log_error& error) {
    fmt::print(stderr, "{}: {}\n", path, error.what());
  }
  return EXIT_FAILURE;
}

}  // namespace tandem::tools
