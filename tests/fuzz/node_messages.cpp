// What a node is told by another.
//
// Input: a message's bytes.
// Must hold
//  1. They are decoded, or bad_node_message with a reason.
//  2. What was decoded is encoded to the same bytes. A greeting of another
//     version, of which only the start is known, becomes one of ours.
//  3. Its operations are canonical, and frames that are sent without being asked
//     for are there.
//  4. A batch's operations together are their bytes; a single one's frame is
//     shared.
#include "actors/node_codec.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <optional>

namespace tandem::fuzz {
namespace {

// What was agreed on: as the bytes say, if that is spoken here.
std::uint32_t version_of(std::string_view bytes) {
  const auto version = bytes.empty() ? 0U : static_cast<unsigned char>(bytes.front());
  return version >= node_protocol_oldest && version <= node_protocol_newest
           ? version
           : node_protocol_newest;
}

std::optional<node_message> decoded(std::string_view bytes) {
  try {
    return decode_node_message(bytes, version_of(bytes));
  } catch (const bad_node_message& error) {
    must(!std::string_view{error.what()}.empty(), "what is refused has a reason");
    return std::nullopt;
  }
}

// ---- what the receiver relies on ----

void must_be_sound(const std::vector<sent_op>& ops) {
  for (const sent_op& op : ops)
    must(op.bytes != nullptr, "an operation has a frame");
}

void must_be_sound(const std::vector<std::pair<ot::site_id, frame>>& cursors) {
  for (const auto& [site, bytes] : cursors)
    must(bytes != nullptr, "a cursor has a frame");
}

void must_be_sound(const std::vector<room_note>& notes) {
  for (const room_note& note : notes)
    must(note.bytes != nullptr, "a note has a frame");
}

void must_be_sound(const file_batch& batch) {
  must_be_sound(batch.ops);
  must_be_sound(batch.cursors);
  std::string all;
  for (const sent_op& op : batch.ops)
    all += *op.bytes;
  must(batch.ops.empty() == (batch.all == nullptr), "what there is to send is there");
  must(batch.all == nullptr || *batch.all == all, "all operations are each of them");
  must(batch.ops.size() != 1 || batch.all == batch.ops.front().bytes,
       "a single operation's frame is shared");
}

void must_be_sound(const fanout_ptr& batch) {
  must(batch != nullptr, "a batch is there");
  must_be_sound(batch->people);
  must_be_sound(batch->notes);
  for (const file_batch& file : batch->files)
    must_be_sound(file);
}

void must_be_sound(const history_slice& slice) {
  must_be_sound(slice.ops);
  must_be_sound(slice.cursors);
  must(!slice.composed || slice.ops.size() == 1, "a composed history is one operation");
}

void must_be_sound(const submit_edit& said) {
  must_be_canonical(said.edit.op);
}

void must_be_sound(const node::member& message) {
  if (const auto* edit = std::get_if<submit_edit>(&message.said.what))
    must_be_sound(*edit);
}

void must_be_sound(const node::event& message) {
  if (const auto* slice = std::get_if<history_slice>(&message.what))
    must_be_sound(*slice);
  if (const auto* batch = std::get_if<fanout_ptr>(&message.what))
    must_be_sound(*batch);
}

void must_be_sound(const node_message& message) {
  if (const auto* member = std::get_if<node::member>(&message))
    must_be_sound(*member);
  if (const auto* event = std::get_if<node::event>(&message))
    must_be_sound(*event);
}

// ---- what becomes of it when it is sent on ----

void must_survive(const node_message& message, std::string_view bytes) {
  const std::uint32_t version = version_of(bytes);
  const std::string ours = encode_node_message(message, version);
  const bool is_of_our_version = bytes.front() == static_cast<char>(version);
  if (is_of_our_version)
    must(ours == bytes, "what is decoded is encoded to the same bytes");
  else
    must(std::holds_alternative<node::greeting>(message) && ours.size() <= bytes.size()
           && ours.substr(1) == bytes.substr(1, ours.size() - 1),
         "of another version a greeting's start is read");
  const auto again = decoded(ours);
  must(again && encode_node_message(*again, version) == ours, "what is encoded is decoded to the same");
}

}  // namespace
}  // namespace tandem::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem::fuzz;
  const std::string_view bytes = as_text(data, size);
  if (const auto message = decoded(bytes)) {
    must_be_sound(*message);
    must_survive(*message, bytes);
  }
  return 0;
}
