#include "ot/document.hpp"

#include "ot/transform.hpp"

#include <cassert>
#include <utility>

namespace tandem::ot {

document::document(document_limits limits, revision rev, rope text, last_edits last)
    : limits_{limits},
      text_{std::move(text)},
      durable_{rev},
      history_{rev, text_.chars()},
      last_{std::move(last)} {
}

bool document::replay(committed_op op) {
  assert(head() == durable_);
  if (op.op.reach_chars() > text_.chars())
    return false;
  text_.apply(op.op);
  note_last(op.client, op.seq, durable_ + 1);
  history_.append(std::move(op));
  ++durable_;
  if (durable_ - history_.first() > limits_.history_ops * 2)
    history_.forget_before(durable_ - limits_.history_ops);
  return true;
}

void document::note_last(const client_id& client, std::uint64_t seq, revision rev) {
  last_[client] = {seq, rev};
}

std::optional<revision> document::revision_of(const client_id& client,
                                              std::uint64_t seq) const {
  const auto found = last_.find(client);
  if (found == last_.end() || found->second.seq != seq)
    return std::nullopt;
  return found->second.rev;
}

// Everything that keeps an edit from being committed and can be told before
// it is transformed.
std::optional<submitted> document::refusal(const edit& incoming) const {
  const auto known = last_.find(incoming.client);
  if (known != last_.end() && incoming.seq <= known->second.seq) {
    if (incoming.seq == known->second.seq)
      return submitted{outcome::duplicate, known->second.rev, reject_reason::none};
    return submitted{outcome::rejected, 0, reject_reason::old_seq};
  }
  if (incoming.base > head())
    return submitted{outcome::rejected, 0, reject_reason::unknown_revision};
  if (incoming.base < history_.first())
    return submitted{outcome::rebase, 0, reject_reason::none};
  if (incoming.op.spanned_chars() > history_.length_at(incoming.base))
    return submitted{outcome::rejected, 0, reject_reason::beyond_text};
  return std::nullopt;
}

submitted document::submit(edit incoming) {
  if (const auto refused = refusal(incoming))
    return *refused;
  for (revision rev = incoming.base + 1; rev <= head(); ++rev)
    incoming.op = transform(incoming.op, history_.at(rev).op, side::left);
  const std::uint64_t length = incoming.op.length_after(history_.length_at(head()));
  if (length > limits_.text_chars && incoming.op.inserted_chars() > incoming.op.removed_chars())
    return {outcome::rejected, 0, reject_reason::text_too_long};

  const auto known = last_.find(incoming.client);
  displaced_.push_back({incoming.client, known == last_.end()
                                           ? std::nullopt
                                           : std::optional{known->second}});
  history_.append({std::move(incoming.op), incoming.client, incoming.seq, incoming.site, 0});
  note_last(incoming.client, incoming.seq, head());
  return {outcome::committed, head(), reject_reason::none};
}

void document::confirm(revision through) {
  assert(durable_ <= through && through <= head());
  const auto confirmed = static_cast<std::ptrdiff_t>(through - durable_);
  while (durable_ < through)
    text_.apply(history_.at(++durable_).op);
  displaced_.erase(displaced_.begin(), displaced_.begin() + confirmed);
  if (durable_ - history_.first() > limits_.history_ops * 2)
    history_.forget_before(durable_ - limits_.history_ops);
}

void document::roll_back() {
  for (; !displaced_.empty(); displaced_.pop_back()) {
    const displaced& latest = displaced_.back();
    if (latest.before)
      last_[latest.client] = *latest.before;
    else
      last_.erase(latest.client);
  }
  history_.truncate_to(durable_);
}

void document::check() const {
  assert(durable_ <= head() && history_.first() <= durable_);
  assert(displaced_.size() == head() - durable_);
  assert(text_.chars() == history_.length_at(durable_));
  text_.check();
  history_.check();
  for ([[maybe_unused]] const auto& [client, last] : last_)
    assert(last.rev <= head());
}

}  // namespace tandem::ot
