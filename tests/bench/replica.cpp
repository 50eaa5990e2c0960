#include "tests/bench/replica.hpp"

#include <zlib.h>

#include <utility>

namespace tandem::bench {

void replica::open(std::uint64_t rev, std::string text) {
  rev_ = rev;
  text_ = std::move(text);
}

void replica::write(text_edit edit) {
  ++seq_;
  pending_ = std::move(edit);
}

void replica::step(std::uint64_t from, std::uint64_t rev, const text_edit& edit) {
  gaps_ += from == rev_ && rev > from ? 0 : 1;
  misfits_ += apply(edit, text_) ? 0 : 1;
  rev_ = rev;
}

void replica::receive(std::uint64_t from, std::uint64_t rev, const text_edit& theirs) {
  step(from, rev, theirs);
  if (pending_)
    pending_ = transform_left(*pending_, theirs);
}

bool replica::acknowledge(std::uint64_t seq, std::uint64_t rev) {
  if (!pending_ || seq != seq_ || rev == 0)
    return false;
  step(rev - 1, rev, *pending_);
  pending_.reset();
  return true;
}

bool replica::agrees(std::uint64_t rev, std::uint64_t length_chars, std::uint64_t crc32) const {
  if (rev != rev_)
    return true;
  const auto* const bytes = reinterpret_cast<const Bytef*>(text_.data());
  return length_chars == text_.size()
         && crc32 == ::crc32(0, bytes, static_cast<uInt>(text_.size()));
}

}  // namespace tandem::bench
