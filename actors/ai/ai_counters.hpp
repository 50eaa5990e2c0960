// What the AI has done, for metrics. Written by its actors, read by any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace tandem::ai {

struct ai_counters {
  std::atomic<std::uint64_t> completions{0};  // asked about rooms
  std::atomic<std::uint64_t> changes{0};
  std::atomic<std::uint64_t> mentions{0};
  std::atomic<std::uint64_t> texts{0};        // asked with a text of one's own
  std::atomic<std::uint64_t> dropped{0};      // the text had changed meanwhile
  std::atomic<std::uint64_t> cache_hits{0};
  std::atomic<std::uint64_t> companions{0};   // at present
};

}  // namespace tandem::ai
