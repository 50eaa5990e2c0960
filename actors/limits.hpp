// Every bound of the running server, with its unit in its name. Constant after
// the start; config/ fills it, and docs/operating.md says what happens when one
// is reached.
#pragma once

#include <cstdint>

namespace tandem {

struct limits {
  // What one message may be.
  std::uint64_t frame_bytes = 512U << 10U;
  std::uint64_t op_chars = 128U << 10U;         // inserted by one operation
  std::uint64_t op_components = 10'000;
  std::uint64_t chat_chars = 4'000;
  std::uint64_t name_chars = 60;
  std::uint64_t file_name_chars = 200;
  std::uint64_t cursor_ranges = 100;

  // What a room may be.
  std::uint64_t text_chars = 2U << 20U;         // of one file
  std::uint64_t files_per_room = 200;
  std::uint64_t room_bytes = 64U << 20U;        // of all its texts together
  std::uint64_t rooms_per_tenant = 100'000;
  std::uint64_t members_per_room = 2'000;
  std::uint64_t chat_kept = 100;                // sent to who joins
  std::uint64_t rooms_loaded = 20'000;
  std::uint32_t room_wait_ms = 20'000;          // of sessions, while no node has their room

  // How fast one session may edit.
  std::uint32_t ops_per_second = 500;
  std::uint32_t ops_burst = 2'000;

  // How much it may insert, and how much it may chat.
  std::uint64_t edit_bytes_per_second = 1U << 20U;
  std::uint64_t edit_bytes_burst = 16U << 20U;
  std::uint64_t chats_per_minute = 120;
  std::uint64_t chats_burst = 60;

  // How often it may ask the AI; what takes a model long counts ten times.
  std::uint64_t asks_per_minute = 600;
  std::uint64_t asks_burst = 120;

  // How fast it may say everything else.
  std::uint32_t messages_per_second = 200;
  std::uint32_t messages_burst = 1'000;

  // A slow reader: past the first figure it gets no more operations until it
  // has read; past the second its connection ends with 1013.
  std::uint64_t outbound_pause_bytes = 256U << 10U;
  std::uint64_t outbound_bytes = 4U << 20U;
  std::uint64_t slice_ops = 256;                // of one catch-up step

  // A client that opens a file further behind than this, with nothing pending,
  // is sent the text instead of the operations.
  std::uint64_t catch_up_ops = 100'000;

  // The history kept in memory behind a file's head.
  std::uint64_t history_ops = 10'000;

  // A room spends at most about a tenth of a core on fan-out: between two
  // broadcasts lie `members * fanout_us_per_member`, at most the second figure.
  std::uint32_t fanout_us_per_member = 55;
  std::uint32_t fanout_interval_max_us = 10'000;

  // A snapshot is due after this many operations, if their bytes are an
  // eighth of the text's; in any case after the second figure.
  std::uint64_t snapshot_ops = 1'000;
  std::uint64_t snapshot_overdue_ops = 20'000;

  // A `check` goes out with the operations when this many have passed since
  // the last one, and this much time.
  std::uint64_t check_ops = 256;
  std::uint64_t check_interval_ms = 10'000;

  std::uint64_t room_idle_ms = 60'000;          // without members, then it is evicted
  std::uint64_t store_retry_ms = 500;           // between attempts at a store that failed

  bool operator==(const limits&) const = default;
};

}  // namespace tandem
