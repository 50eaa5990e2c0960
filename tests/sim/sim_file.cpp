#include "tests/sim/sim_file.hpp"

#include "ot/utf8.hpp"

#include <algorithm>
#include <utility>

namespace tandem::sim {

namespace {

constexpr std::uint64_t longest_text_chars = 60;
constexpr std::string_view alphabet[] = {"a", "b", "é", "語", "😀", "\n"};

ot::text_op random_edit(const std::string& text, sim_random& chance) {
  const std::uint64_t length = ot::count_chars(text);
  ot::text_op op;
  const std::uint64_t at = chance.below(length + 1);
  op.keep(static_cast<std::uint32_t>(at));
  const bool removes = length > at && (length > longest_text_chars || chance.chance(400));
  if (removes)
    op.remove(static_cast<std::uint32_t>(1 + chance.below(std::min<std::uint64_t>(3, length - at))));
  if (!removes || chance.chance(300))
    for (std::uint64_t left = 1 + chance.below(2); left > 0; --left)
      op.insert(alphabet[chance.below(std::size(alphabet))]);
  return op;
}

void carry(std::vector<client::selection>& ranges, const ot::text_op& op) {
  for (client::selection& range : ranges) {
    range.anchor = ot::transform_position(range.anchor, op);
    range.head = ot::transform_position(range.head, op);
  }
}

}  // namespace

sim_file::sim_file(std::string name, std::uint64_t id, sim_identity& owner)
    : name_{std::move(name)}, owner_{owner}, id_{id} {
  model_.id = owner.id;
}

// One row of numbers for all files of the client.
template <class F>
void sim_file::with_seq(F change) {
  const bool takes_new = !model_.in_flight;
  if (takes_new)
    model_.seq = owner_.last_seq;
  change();
  if (takes_new)
    owner_.last_seq = std::max(owner_.last_seq, model_.seq);
}

// ---- from its user ----

void sim_file::type(sim_random& chance) {
  if (has_text_)
    with_seq([&] { model_.type(random_edit(model_.text, chance)); });
}

std::optional<client::cursor> sim_file::place_caret(sim_random& chance) {
  if (!is_settled())
    return std::nullopt;
  client::cursor cursor{name_, model_.rev, {}, id_};
  const std::uint64_t length = ot::count_chars(model_.text);
  for (std::uint64_t left = chance.below(3); left > 0; --left)
    cursor.ranges.push_back({chance.below(length + 1), chance.below(length + 1)});
  return cursor;
}

// ---- the connection ----

void sim_file::disconnect() {
  is_opened_ = false;
  is_live_ = false;
  is_sent_ = false;
  waits_for_op_ = false;
  carets_.clear();
}

client::open sim_file::ask() {
  client::open open{name_, std::nullopt, std::nullopt};
  if (has_text_)
    open.rev = model_.rev;
  if (has_text_ && model_.in_flight) {
    open.seq = model_.seq;
    ++owner_.acks_due[model_.seq];
  }
  if (id_ != 0)
    open.id = id_;
  return open;
}

std::optional<client::edit> sim_file::unsent() {
  if (!model_.in_flight || !is_live_ || is_sent_)
    return std::nullopt;
  is_sent_ = true;
  sent_base_ = model_.rev;
  sent_name_ = name_;
  ++owner_.acks_due[model_.seq];
  return client::edit{name_, model_.rev, model_.seq, *model_.in_flight, id_};
}

// What is on its way is not sent again in another form but by agreement.
std::optional<client::edit> sim_file::sent_again() {
  if (!model_.in_flight || !is_live_ || !is_sent_ || sent_base_ != model_.rev)
    return std::nullopt;
  ++owner_.acks_due[model_.seq];
  return client::edit{name_, model_.rev, model_.seq, *model_.in_flight, id_};
}

void sim_file::retry(std::uint64_t seq) {
  if (model_.in_flight && model_.seq == seq)
    is_sent_ = false;
}

// ---- from the server ----

void sim_file::on_opened(const server::opened& opened) {
  owner_.blame_if(id_ != 0 && id_ != opened.id, "another file was opened");
  id_ = opened.id;
  is_opened_ = true;
  target_ = opened.rev;
  carets_.clear();
  if (opened.text) {
    owner_.blame_if(model_.in_flight.has_value(), "a text came for a file with pending edits");
    model_.text = *opened.text;
    model_.rev = opened.rev;
    server_chars_ = ot::count_chars(model_.text);
    has_text_ = true;
  } else {
    owner_.blame_if(opened.from != model_.rev, "opened from another revision");
  }
  go_on_if_caught_up();
}

void sim_file::go_on_if_caught_up() {
  if (is_opened_ && model_.rev >= target_)
    is_live_ = true;
}

void sim_file::on_op(const said_op& op) {
  if (!is_opened_)
    return;
  owner_.blame_if(op.from != model_.rev, "a revision came twice, or out of order");
  if (op.from != model_.rev)
    return;
  if (op.op.reach_chars() > server_chars_)
    return owner_.blame_if(true, "an operation reaches behind the text");
  server_chars_ = op.op.length_after(server_chars_);
  owner_.composed += op.rev - op.from > 1 ? 1 : 0;
  for (auto& [site, ranges] : carets_)
    carry(ranges, op.op);
  model_.receive(op.op, op.rev);
  go_on_if_caught_up();
  if (std::exchange(waits_for_op_, false))
    is_sent_ = false;
}

void sim_file::on_ack(const said_ack& ack) {
  if (!is_opened_)
    return;
  owner_.blame_if(--owner_.acks_due[ack.seq] < 0, "an edit was acknowledged more than once");
  const auto known = owner_.acked.find(ack.seq);
  if (known != owner_.acked.end())
    return owner_.blame_if(known->second != ack.rev, "an edit was acknowledged with two revisions");
  if (!model_.in_flight || ack.seq != model_.seq || ack.rev != model_.rev + 1)
    return owner_.blame_if(true, "an ack came out of its place");
  owner_.acked[ack.seq] = ack.rev;
  is_sent_ = false;
  server_chars_ = model_.in_flight->length_after(server_chars_);
  for (auto& [site, ranges] : carets_)
    carry(ranges, *model_.in_flight);
  model_.seq = owner_.last_seq;
  model_.acknowledge(ack.rev);
  owner_.last_seq = std::max(owner_.last_seq, model_.seq);
  go_on_if_caught_up();
}

void sim_file::on_check(const said_check& check) {
  if (is_opened_ && check.rev == model_.rev)
    owner_.blame_if(check.length != server_chars_, "a check found another text");
}

void sim_file::on_cursor(const said_cursor& cursor) {
  if (!is_opened_)
    return;
  owner_.blame_if(cursor.rev != model_.rev, "a caret is not at the revision that was sent");
  for (const client::selection& range : cursor.ranges)
    owner_.blame_if(std::max(range.anchor, range.head) > server_chars_,
                    "a caret is behind the text");
  carets_[cursor.site] = cursor.ranges;
}

sim_file::reaction sim_file::on_error(const server::error& error) {
  // Without a number it may be about changing the file. One that is gone is
  // said to be, by `file` or by the next welcome.
  if (!error.seq)
    return error.code == error_code::unknown_file && id_ == 0 ? reaction::file_is_gone
                                                              : reaction::none;
  if (!model_.in_flight || *error.seq != model_.seq)
    return reaction::none;
  switch (error.code) {
    case error_code::rebase:
      ++owner_.rebases;
      if (sent_base_ == model_.rev)
        waits_for_op_ = true;
      else
        is_sent_ = false;
      return reaction::none;
    case error_code::unavailable:
    case error_code::rate_limited: return reaction::retry_later;
    case error_code::unknown_file: return reaction::file_is_gone;
    case error_code::stale:  // sent under its old name
      owner_.blame_if(error.file == name_, "an edit on a revision that was sent is stale");
      if (error.file == sent_name_)
        is_sent_ = false;
      return reaction::none;
    default: owner_.blame_if(true, error.message.c_str()); return reaction::none;
  }
}

}  // namespace tandem::sim
