// The fields of every struct that nodes send each other, in the order of their
// bytes. A change here is one of the protocol: see node_protocol_newest.
#include "actors/node_codec.hpp"

#include "actors/node_archive.hpp"

#include <type_traits>

namespace tandem::node_bytes {

namespace {

// Of one operation, its own frame: who has it to send holds the bytes once.
frame all_of(const std::vector<sent_op>& ops) {
  if (ops.size() < 2)
    return ops.empty() ? nullptr : ops.front().bytes;
  std::size_t bytes = 0;
  for (const sent_op& op : ops)
    bytes += op.bytes->size();
  std::string all;
  all.reserve(bytes);
  for (const sent_op& op : ops)
    all += *op.bytes;
  return std::make_shared<const std::string>(std::move(all));
}

}  // namespace

// ---- what clients say, and are told ----

void fields(auto& archive, of<ot::client_id> auto& m) {
  auto& [bytes] = m;
  archive(bytes);
}

void fields(auto& archive, of<ot::edit> auto& m) {
  auto& [client, seq, base, op, site] = m;
  archive(client, seq, base, op, site);
}

void fields(auto& archive, of<client::open> auto& m) {
  auto& [file, rev, seq, id] = m;
  archive(file, rev, seq, id);
}

void fields(auto& archive, of<client::selection> auto& m) {
  auto& [anchor, head] = m;
  archive(anchor, head);
}

void fields(auto& archive, of<client::chat> auto& m) {
  auto& [id, text] = m;
  archive(id, text);
}

void fields(auto& archive, of<client::diverged> auto& m) {
  auto& [file, rev, length, crc32] = m;
  archive(file, rev, length, crc32);
}

void fields(auto& archive, of<client::change_file> auto& m) {
  auto& [action, file, to, text, language] = m;
  archive(action, file, to, text, language);
}

void fields(auto& archive, of<server::file_state> auto& m) {
  auto& [name, rev, language, id] = m;
  archive(name, rev, language, id);
}

void fields(auto& archive, of<server::peer> auto& m) {
  auto& [site, name, color, role] = m;
  archive(site, name, color, role);
}

void fields(auto& archive, of<server::chat> auto& m) {
  auto& [n, name, text, at_ms, site, id] = m;
  archive(n, name, text, at_ms, site, id);
}

void fields(auto& archive, of<server::welcome> auto& m) {
  auto& [site, role, room_id, room_name, files, peers, messages, frame_bytes, op_chars,
         ops_per_second] = m;
  archive(site, role, room_id, room_name, files, peers, messages, frame_bytes, op_chars,
          ops_per_second);
}

void fields(auto& archive, of<server::opened> auto& m) {
  auto& [file, rev, language, text, from, id] = m;
  archive(file, rev, language, text, from, id);
}

void fields(auto& archive, of<server::error> auto& m) {
  auto& [code, message, file, seq, id, retry_ms, ask] = m;
  archive(code, message, file, seq, id, retry_ms, ask);
}

// ---- session → room ----

void fields(auto& archive, of<join_request> auto& m) {
  auto& [client, name, opens, attempt, is_unseen, role, token, site_before] = m;
  archive(client, name, opens, attempt, is_unseen, role, token, site_before);
}

void fields(auto& archive, of<member_left> auto& m) {
  auto& [site] = m;
  archive(site);
}

void fields(auto& archive, of<open_request> auto& m) {
  auto& [site, open] = m;
  archive(site, open);
}

void fields(auto& archive, of<submit_edit> auto& m) {
  auto& [file, edit, by_ai] = m;
  archive(file, edit, by_ai);
}

void fields(auto& archive, of<move_cursor> auto& m) {
  auto& [site, file, rev, ranges] = m;
  archive(site, file, rev, ranges);
}

void fields(auto& archive, of<catch_up> auto& m) {
  auto& [site, file, from, to, may_compose] = m;
  archive(site, file, from, to, may_compose);
}

void fields(auto& archive, of<post_chat> auto& m) {
  auto& [site, chat] = m;
  archive(site, chat);
}

void fields(auto& archive, of<file_request> auto& m) {
  auto& [site, change] = m;
  archive(site, change);
}

void fields(auto& archive, of<divergence_report> auto& m) {
  auto& [site, report] = m;
  archive(site, report);
}

void fields(auto& archive, of<change_role> auto& m) {
  auto& [site, role] = m;
  archive(site, role);
}

void fields(auto& archive, of<member_says> auto& m) {
  auto& [what] = m;
  archive(what);
}

// ---- room → session ----

void fields(auto& archive, of<joined> auto& m) {
  auto& [welcome] = m;
  archive(welcome);
}

void fields(auto& archive, of<file_opened> auto& m) {
  auto& [file, opened, committed_seq, committed_rev] = m;
  archive(file, opened, committed_seq, committed_rev);
}

void fields(auto& archive, of<sent_op> auto& m) {
  auto& [rev, client, seq, bytes] = m;
  archive(rev, client, seq, bytes);
}

void fields(auto& archive, of<history_slice> auto& m) {
  auto& [file, from, to, composed, ops, cursors] = m;
  archive(file, from, to, composed, ops, cursors);
  archive.must(!composed || ops.size() == 1, "a composed history is not one operation");
}

void fields(auto& archive, of<edit_answer> auto& m) {
  auto& [file, seq, result, rev, code, why, retry_ms] = m;
  archive(file, seq, result, rev, code, why, retry_ms);
}

void fields(auto& archive, of<room_error> auto& m) {
  auto& [error] = m;
  archive(error);
}

void fields(auto& archive, of<file_batch> auto& m) {
  auto& [file, from, to, ops, all, cursors, check] = m;
  archive(file, from, to, ops);
  archive.derived(all, [&ops = m.ops] { return all_of(ops); });
  archive(cursors);
  archive.or_null(check);
}

void fields(auto& archive, of<room_note> auto& m) {
  auto& [bytes, own_site, own_bytes, on_file, file, new_name, came, went, chat_n, chat_id] = m;
  archive(bytes, own_site);
  archive.or_null(own_bytes);
  archive(on_file, file, new_name, came, went, chat_n);
  archive.since(chat_ids_since, chat_id);
}

void fields(auto& archive, of<fanout> auto& m) {
  auto& [people, files, notes] = m;
  archive(people, files, notes);
}

void fields(auto& archive, of<expelled> auto& m) {
  auto& [code, why] = m;
  archive(code, why);
}

// ---- between nodes ----

// Fixed for ever: what a later version adds comes behind it.
void fields(auto& archive, of<node::greeting> auto& m) {
  auto& [speaks_from, speaks_to, id, name] = m;
  archive(speaks_from, speaks_to, id, name);
}

void fields(auto& archive, of<node::enter> auto& m) {
  auto& [route, room_id, tenant, token, request] = m;
  archive(route, room_id, tenant, token, request);
}

void fields(auto& archive, of<node::member> auto& m) {
  auto& [route, said] = m;
  archive(route, said);
}

void fields(auto& archive, of<node::entered> auto& m) {
  auto& [route, token, site] = m;
  archive(route, token, site);
}

void fields(auto& archive, of<node::refused> auto& m) {
  auto& [route, token, why, holder] = m;
  archive(route, token, why, holder);
}

void fields(auto& archive, of<node::event> auto& m) {
  auto& [route, site, what] = m;
  archive(route, site, what);
}

void fields(auto& archive, of<node::ended> auto& m) {
  auto& [route] = m;
  archive(route);
}

// ---- a whole message ----

constexpr std::uint8_t greeting_kind = 0;
static_assert(std::is_same_v<std::variant_alternative_t<greeting_kind, node_message>,
                             node::greeting>);
constexpr std::uint8_t enter_kind = 1;
static_assert(std::is_same_v<std::variant_alternative_t<enter_kind, node_message>, node::enter>);
static_assert(node_protocol_newest <= 0xFF, "a message's version is a byte");

template <class Sink>
void write_message(Sink& out, const node_message& message, std::uint32_t version) {
  out.byte(static_cast<std::uint8_t>(version));
  out.byte(static_cast<std::uint8_t>(message.index()));
  writing_archive<Sink> archive{out, version};
  std::visit([&](const auto& said) { archive(said); }, message);
}

}  // namespace tandem::node_bytes

namespace tandem {

// Counted first: it is written without ever being moved, and a node that waits
// for a slow link holds no more than is to be sent.
std::string encode_node_message(const node_message& message, std::uint32_t version) {
  node_bytes::byte_count size;
  node_bytes::write_message(size, message, version);
  node_bytes::byte_text out{size.bytes()};
  node_bytes::write_message(out, message, version);
  return out.take();
}

node_message decode_node_message(std::string_view bytes, std::uint32_t agreed) {
  node_bytes::reading_archive in{bytes};
  const std::uint32_t version = in.byte();
  in.is_of(version);
  const std::uint8_t kind = in.byte();
  if (version != agreed && kind != node_bytes::greeting_kind)
    in.fail("a version that was not agreed on");
  node_message message;
  in.alternative(message, kind);
  if (!in.at_end() && version <= node_protocol_newest)
    in.fail("bytes are left over");
  return message;
}

bool may_be_enter(std::string_view bytes) noexcept {
  return bytes.size() > 1 && static_cast<std::uint8_t>(bytes[1]) == node_bytes::enter_kind;
}

}  // namespace tandem
