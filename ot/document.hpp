// One file as the server decides over it: the state machine that orders edits.
// Pure: no clock, no I/O, no threads. Owned by `room`.
//
//                submit                    confirm
//   an edit ───────────────▶ tentative ───────────────▶ durable
//              (committed)       │                     (in the text)
//                                └── roll_back ──▶ forgotten
//
// `submit` gives an edit its revision and carries it over what was committed
// since its base, one operation at a time. The edit is tentative until the
// store has it: then `confirm` applies it to the text. Later edits are ordered
// behind tentative ones without waiting. `roll_back` forgets every tentative
// edit, as if it had not been submitted.
//
// Invariants (`check`)
//  1. durable_revision() <= head(); text() is the text at durable_revision().
//  2. history().head() == head(); history().first() <= durable_revision().
//  3. A (client, seq) has at most one revision, for ever; per client, seq and
//     revision rise together.
//  4. A duplicate, rebase or rejected edit changes nothing.
//
// Nothing is ever transformed against a composition (the grouping rule,
// ot/README.md).
#pragma once

#include "ot/history.hpp"
#include "ot/ids.hpp"
#include "ot/rope.hpp"
#include "ot/text_op.hpp"

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace tandem::ot {

struct edit {
  client_id client;
  std::uint64_t seq = 0;  // rises per client
  revision base = 0;      // the revision that `op` was made on
  text_op op;
  site_id site = 0;
};

enum class outcome : std::uint8_t {
  committed,  // tentative, at `rev`
  duplicate,  // it was committed before, at `rev`
  rebase,     // its base is older than the history that is kept
  rejected,   // see `reason`
};

enum class reject_reason : std::uint8_t {
  none,
  unknown_revision,  // the base is after the head
  beyond_text,       // keep + remove reach behind the text at the base
  text_too_long,     // the text would pass limits::text_chars
  old_seq,           // below the client's last, which was committed
};

struct submitted {
  outcome result = outcome::rejected;
  revision rev = 0;  // of committed and duplicate
  reject_reason reason = reject_reason::none;
};

// A client's last committed edit.
struct last_edit {
  std::uint64_t seq = 0;
  revision rev = 0;
};

using last_edits = std::unordered_map<client_id, last_edit, client_id_hash>;

struct document_limits {
  std::uint64_t text_chars = 2U << 20U;
  std::uint64_t history_ops = 10'000;  // kept in memory behind the durable revision
};

class document {
 public:
  // A file whose text at revision `rev` is `text`; `last` as of that revision.
  document(document_limits limits, revision rev, rope text, last_edits last = {});

  // Loading: the next operation of the log. It is durable at once.
  // Returns false, and changes nothing, if it does not fit the text.
  [[nodiscard]] bool replay(committed_op op);

  // O(k * op) for k operations since the base. The limits of an operation's
  // own size are the caller's.
  submitted submit(edit incoming);

  // The store has every operation up to `through`.
  // REQUIRES: durable_revision() <= through <= head().
  void confirm(revision through);

  // The store does not have the tentative operations.
  void roll_back();

  revision head() const noexcept { return history_.head(); }
  revision durable_revision() const noexcept { return durable_; }
  const rope& text() const noexcept { return text_; }
  const history& operations() const noexcept { return history_; }

  // The operation from one durable revision to another that is in the history.
  text_op composed(revision from, revision to) { return history_.composed(from, to); }

  // The revision that this edit became, durable or tentative.
  std::optional<revision> revision_of(const client_id& client, std::uint64_t seq) const;

  // Every client's last durable edit. REQUIRES: nothing is tentative.
  const last_edits& last_by_client() const noexcept { return last_; }

  void check() const;

 private:
  // What a tentative edit has displaced, to be put back by roll_back.
  struct displaced {
    client_id client;
    std::optional<last_edit> before;
  };

  std::optional<submitted> refusal(const edit& incoming) const;
  void note_last(const client_id& client, std::uint64_t seq, revision rev);

  document_limits limits_;
  rope text_;
  revision durable_;
  history history_;
  last_edits last_;
  std::vector<displaced> displaced_;  // one for each tentative operation
};

}  // namespace tandem::ot
