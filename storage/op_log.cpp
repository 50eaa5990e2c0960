#include "storage/op_log.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace tandem::storage {

namespace {

// Ropes count in 32 bits; no file of tandem's comes near.
constexpr std::uint64_t text_bytes_max = 1ULL << 30U;

[[noreturn]] void refuse(const std::string& why) {
  throw op_log_error{why};
}

}  // namespace

std::string sha256_of(const ot::rope& text) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free};
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  text.for_each_chunk([&](std::string_view chunk) {
    EVP_DigestUpdate(context.get(), chunk.data(), chunk.size());
  });
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int bytes = 0;
  EVP_DigestFinal_ex(context.get(), digest, &bytes);
  std::string hex;
  for (unsigned int i = 0; i < bytes; ++i)
    hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

void log_replay::take(const log_line& line) {
  struct visitor {
    log_replay& self;
    void operator()(const log_header& l) { self.begin(l); }
    void operator()(const log_file& l) { self.add(l); }
    void operator()(const log_entry& l) { self.apply(l); }
    void operator()(const log_end& l) { self.compare(l); }
  };
  const bool is_header = std::holds_alternative<log_header>(line);
  if (phase_ == phase::ended)
    refuse("a line behind the end");
  if (is_header != (phase_ == phase::expecting_header))
    refuse(is_header ? "a second header" : "the first line is not an op log's header");
  std::visit(visitor{*this}, line);
}

void log_replay::begin(const log_header& header) {
  header_ = header;
  phase_ = phase::in_log;
}

void log_replay::add(const log_file& added) {
  if (!files_.emplace(added.file, file{added.language, 0, {}}).second)
    refuse(fmt::format("the file {} begins a second time", added.file));
}

void log_replay::apply(const log_entry& entry) {
  const auto found = files_.find(entry.file);
  if (found == files_.end())
    refuse(fmt::format("an operation of {}, which has not begun", entry.file));
  file& of = found->second;
  const ot::text_op& op = entry.made.op;
  if (entry.rev != of.rev + 1)
    refuse(fmt::format("{}: revision {} does not follow {}", entry.file, entry.rev, of.rev));
  if (op.reach_chars() > of.text.chars())
    refuse(fmt::format("{}: revision {} reaches {} characters into a text of {}", entry.file,
                       entry.rev, op.reach_chars(), of.text.chars()));
  if (of.text.bytes() + op.inserted_text().size() > text_bytes_max)
    refuse(fmt::format("{}: revision {} makes the text too long", entry.file, entry.rev));
  of.text.apply(op);
  of.rev = entry.rev;
}

void log_replay::compare(const log_end& told) {
  for (const final_text& expected : told.files) {
    const auto found = files_.find(expected.file);
    if (found == files_.end())
      refuse(fmt::format("the end names {}, which is not in the log", expected.file));
    const file& is = found->second;
    if (is.rev != expected.rev)
      refuse(fmt::format("{} ends at revision {}, not {}", expected.file, is.rev, expected.rev));
    if (is.text.chars() != expected.length)
      refuse(fmt::format("{} has {} characters, not {}", expected.file, is.text.chars(),
                         expected.length));
    if (sha256_of(is.text) != expected.sha256)
      refuse(fmt::format("the text of {} has another hash", expected.file));
  }
  for (const auto& [name, is] : files_)
    if (std::ranges::count(told.files, name, &final_text::file) != 1)
      refuse(fmt::format("the end does not name {} once", name));
  phase_ = phase::ended;
}

void log_replay::finish() const {
  if (phase_ != phase::ended)
    refuse("the log has no end: it is cut off");
}

log_end log_replay::end() const {
  log_end end;
  for (const auto& [name, is] : files_)
    end.files.push_back({name, is.rev, is.text.chars(), sha256_of(is.text)});
  return end;
}

}  // namespace tandem::storage
