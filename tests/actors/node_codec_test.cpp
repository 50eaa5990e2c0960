// What nodes say to each other survives as bytes, and bytes that are not theirs
// are refused. More bytes than one could think of: tests/fuzz/node_messages.cpp.
#include "actors/node_codec.hpp"
#include "tests/support/ops.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <initializer_list>
#include <iterator>
#include <set>
#include <tuple>

namespace tandem::test {
namespace {

// ---- structs, field by field: by their number of fields, which the compiler checks ----

template <class T>
constexpr std::size_t field_count = 0;
template <>
constexpr std::size_t field_count<ot::edit> = 5;
template <>
constexpr std::size_t field_count<client::open> = 4;
template <>
constexpr std::size_t field_count<client::selection> = 2;
template <>
constexpr std::size_t field_count<client::chat> = 2;
template <>
constexpr std::size_t field_count<client::diverged> = 4;
template <>
constexpr std::size_t field_count<client::change_file> = 5;
template <>
constexpr std::size_t field_count<server::file_state> = 4;
template <>
constexpr std::size_t field_count<server::peer> = 4;
template <>
constexpr std::size_t field_count<server::chat> = 6;
template <>
constexpr std::size_t field_count<server::welcome> = 10;
template <>
constexpr std::size_t field_count<server::opened> = 6;
template <>
constexpr std::size_t field_count<server::error> = 7;
template <>
constexpr std::size_t field_count<join_request> = 8;
template <>
constexpr std::size_t field_count<member_left> = 1;
template <>
constexpr std::size_t field_count<open_request> = 2;
template <>
constexpr std::size_t field_count<submit_edit> = 3;
template <>
constexpr std::size_t field_count<move_cursor> = 4;
template <>
constexpr std::size_t field_count<catch_up> = 5;
template <>
constexpr std::size_t field_count<post_chat> = 2;
template <>
constexpr std::size_t field_count<file_request> = 2;
template <>
constexpr std::size_t field_count<divergence_report> = 2;
template <>
constexpr std::size_t field_count<change_role> = 2;
template <>
constexpr std::size_t field_count<member_says> = 1;
template <>
constexpr std::size_t field_count<joined> = 1;
template <>
constexpr std::size_t field_count<file_opened> = 4;
template <>
constexpr std::size_t field_count<sent_op> = 4;
template <>
constexpr std::size_t field_count<history_slice> = 6;
template <>
constexpr std::size_t field_count<edit_answer> = 7;
template <>
constexpr std::size_t field_count<room_error> = 1;
template <>
constexpr std::size_t field_count<file_batch> = 7;
template <>
constexpr std::size_t field_count<room_note> = 10;
template <>
constexpr std::size_t field_count<fanout> = 3;
template <>
constexpr std::size_t field_count<expelled> = 2;
template <>
constexpr std::size_t field_count<node::greeting> = 4;
template <>
constexpr std::size_t field_count<node::enter> = 5;
template <>
constexpr std::size_t field_count<node::member> = 2;
template <>
constexpr std::size_t field_count<node::entered> = 3;
template <>
constexpr std::size_t field_count<node::refused> = 4;
template <>
constexpr std::size_t field_count<node::event> = 3;
template <>
constexpr std::size_t field_count<node::ended> = 1;

template <class T>
auto fields_of(const T& m) {
  constexpr std::size_t count = field_count<T>;
  if constexpr (count == 1) {
    auto& [a] = m;
    return std::tie(a);
  } else if constexpr (count == 2) {
    auto& [a, b] = m;
    return std::tie(a, b);
  } else if constexpr (count == 3) {
    auto& [a, b, c] = m;
    return std::tie(a, b, c);
  } else if constexpr (count == 4) {
    auto& [a, b, c, d] = m;
    return std::tie(a, b, c, d);
  } else if constexpr (count == 5) {
    auto& [a, b, c, d, e] = m;
    return std::tie(a, b, c, d, e);
  } else if constexpr (count == 6) {
    auto& [a, b, c, d, e, f] = m;
    return std::tie(a, b, c, d, e, f);
  } else if constexpr (count == 7) {
    auto& [a, b, c, d, e, f, g] = m;
    return std::tie(a, b, c, d, e, f, g);
  } else if constexpr (count == 8) {
    auto& [a, b, c, d, e, f, g, h] = m;
    return std::tie(a, b, c, d, e, f, g, h);
  } else if constexpr (count == 9) {
    auto& [a, b, c, d, e, f, g, h, i] = m;
    return std::tie(a, b, c, d, e, f, g, h, i);
  } else {
    static_assert(count == 10);
    auto& [a, b, c, d, e, f, g, h, i, j] = m;
    return std::tie(a, b, c, d, e, f, g, h, i, j);
  }
}

// ---- whether two values are the same: pointers by what they point at ----

template <class T>
bool same(const T& a, const T& b);
template <class First, class Second>
bool same(const std::pair<First, Second>& a, const std::pair<First, Second>& b);

template <class T>
bool same(const std::shared_ptr<T>& a, const std::shared_ptr<T>& b) {
  return a && b ? same(*a, *b) : !a && !b;
}

template <class T>
bool same(const std::optional<T>& a, const std::optional<T>& b) {
  return a && b ? same(*a, *b) : !a && !b;
}

template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return std::ranges::equal(a, b, [](const T& x, const T& y) { return same(x, y); });
}

template <class First, class Second>
bool same(const std::pair<First, Second>& a, const std::pair<First, Second>& b) {
  return same(a.first, b.first) && same(a.second, b.second);
}

template <class... Alternatives>
bool same(const std::variant<Alternatives...>& a, const std::variant<Alternatives...>& b) {
  return a.index() == b.index() && std::visit([&](const auto& alternative) {
           return same(alternative, std::get<std::decay_t<decltype(alternative)>>(b));
         }, a);
}

// `==` takes no notice of what an operation keeps behind its last component.
bool same(const ot::text_op& a, const ot::text_op& b) {
  return a == b && a.spanned_chars() == b.spanned_chars();
}

template <class Fields, std::size_t... Index>
bool same_fields(const Fields& a, const Fields& b, std::index_sequence<Index...>) {
  return (same(std::get<Index>(a), std::get<Index>(b)) && ...);
}

template <class T>
bool same(const T& a, const T& b) {
  if constexpr (field_count<T> > 0)
    return same_fields(fields_of(a), fields_of(b), std::make_index_sequence<field_count<T>>{});
  else
    return a == b;
}

// ---- whether a value has no field at its default ----

template <class T>
bool is_all_set(const T& value);

template <class T>
bool is_all_set(const std::shared_ptr<T>& value) {
  return value && is_all_set(*value);
}

template <class T>
bool is_all_set(const std::optional<T>& value) {
  return value && is_all_set(*value);
}

template <class T>
bool is_all_set(const std::vector<T>& values) {
  return !values.empty()
         && std::ranges::all_of(values, [](const T& value) { return is_all_set(value); });
}

template <class... Alternatives>
bool is_all_set(const std::variant<Alternatives...>& value) {
  return std::visit([](const auto& alternative) { return is_all_set(alternative); }, value);
}

template <class Fields, std::size_t... Index>
bool are_all_set(const Fields& fields, const Fields& defaults, std::index_sequence<Index...>) {
  return ((!same(std::get<Index>(fields), std::get<Index>(defaults))
           && is_all_set(std::get<Index>(fields)))
          && ...);
}

// A variant's first alternative may be where its default is.
template <class T>
constexpr bool is_only_a_choice =
  std::is_same_v<T, member_says> || std::is_same_v<T, node::event>;

template <class T>
bool is_all_set(const T& value) {
  if constexpr (is_only_a_choice<T>)
    return is_all_set(value.what);
  else if constexpr (field_count<T> > 0)
    return are_all_set(fields_of(value), fields_of(T{}),
                       std::make_index_sequence<field_count<T>>{});
  else
    return true;
}

// ---- a message of every kind, with every field set ----

frame frame_with(std::string bytes) {
  return std::make_shared<const std::string>(std::move(bytes));
}

ot::client_id client_of(std::uint8_t first) {
  ot::client_id id;
  for (std::uint8_t& byte : id.bytes)
    byte = first++;
  return id;
}

const std::uint64_t biggest = ~std::uint64_t{0};

node::enter sample_enter() {
  join_request request;
  request.client = client_of(1);
  request.name = "Ada é😀";
  request.opens = {{"a.py", 7, 8, 9}, {"b", 0, biggest, 1}};
  request.attempt = 300;
  request.is_unseen = true;
  request.role = room_role::viewer;
  request.token = "tok";
  request.site_before = 70'000;
  return {5, "room", -3, biggest, request};
}

std::vector<member_says> sample_words() {
  return {
    {member_left{3}},
    {open_request{3, {"a.py", 7, 8, 9}}},
    {submit_edit{-4, {client_of(2), 5, 6, make_op({5, "a\"é😀", del(2), 1, "b", 900}), 7}, true}},
    {move_cursor{3, 4, 5, {{1, 2}, {biggest, 3}}}},
    {catch_up{3, 4, 5, 6, true}},
    {post_chat{3, {4, "hi"}}},
    {file_request{3, {client::file_action::rename, "a", "b", "text", "python"}}},
    {divergence_report{3, {"a", 4, 5, 0xFFFF'FFFFU}}},
    {change_role{3, room_role::owner}},
  };
}

server::welcome sample_welcome() {
  return {3, "editor", "r1", "Room", {{"a.py", 7, "python", 5}},
          {{1, "Ada", "#112233", "viewer"}, {2, "Bob", "#445566", "editor"}},
          {{1, "Ada", "hi", -1'790'000'000'000, 4, 5}}, 524'288, 131'072, 500};
}

room_note sample_note() {
  return {frame_with("note"), 3, frame_with("own"), room_note::effect::created, 4, "new", 5, 6, 7, 8};
}

file_batch sample_batch() {
  return {4, 5, 7,
          {{6, client_of(3), 8, frame_with("first")}, {7, client_of(4), 9, frame_with("second")}},
          frame_with("firstsecond"), {{3, frame_with("cursor")}}, frame_with("check")};
}

std::vector<room_event> sample_events() {
  return {
    joined{sample_welcome()},
    file_opened{4, {"a.py", 7, "python", "text", 6, 5}, 8, 9},
    history_slice{4, 5, 7, true, {{7, client_of(3), 8, frame_with("op")}},
                  {{3, frame_with("cursor")}}},
    edit_answer{4, 5, edit_answer::verdict::duplicate, 6, error_code::stale, "why", 250},
    room_error{{error_code::unavailable, "message", "a", 1, 2, 3, 4}},
    std::make_shared<const fanout>(fanout{{sample_note()}, {sample_batch()}, {sample_note()}}),
    expelled{close_code::superseded, "why"},
  };
}

std::vector<node_message> full_samples() {
  std::vector<node_message> samples = {
    node::greeting{2, 7, "id", "name"},
    sample_enter(),
    node::entered{5, 6, 7},
    node::refused{5, 6, node::refused::reason::elsewhere, "holder"},
    node::ended{5},
  };
  for (member_says& said : sample_words())
    samples.push_back(node::member{5, std::move(said)});
  for (room_event& event : sample_events())
    samples.push_back(node::event{5, 6, std::move(event)});
  return samples;
}

room_note note_with(frame bytes, frame own_bytes) {
  room_note note;
  note.bytes = std::move(bytes);
  note.own_bytes = std::move(own_bytes);
  return note;
}

// The same kinds with nothing in them.
std::vector<node_message> bare_samples() {
  std::vector<node_message> samples = {node::greeting{}, node::enter{}, node::entered{},
                                       node::refused{}, node::ended{}};
  for (const member_says& said : sample_words())
    std::visit([&](const auto& word) {
      samples.push_back(node::member{0, {std::decay_t<decltype(word)>{}}});
    }, said.what);
  for (const room_event& event : sample_events())
    if (!std::holds_alternative<fanout_ptr>(event))
      std::visit([&](const auto& word) {
        samples.push_back(node::event{0, 0, std::decay_t<decltype(word)>{}});
      }, event);
  const fanout empty{{note_with(frame_with(""), nullptr)},
                     {{4, 5, 5, {}, nullptr, {}, nullptr}},
                     {}};
  samples.push_back(node::event{0, 0, std::make_shared<const fanout>()});
  samples.push_back(node::event{0, 0, std::make_shared<const fanout>(empty)});
  return samples;
}

std::vector<node_message> all_samples() {
  std::vector<node_message> samples = full_samples();
  std::ranges::move(bare_samples(), std::back_inserter(samples));
  return samples;
}

// ---- what is asked of the codec ----

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) {
    char digits[4];
    std::snprintf(digits, sizeof digits, "%02x ", static_cast<unsigned char>(byte));
    out += digits;
  }
  return out;
}

// Numbers as bytes, texts as they are.
std::string bytes_of(std::initializer_list<int> numbers, std::string_view text = {}) {
  std::string bytes;
  for (const int number : numbers)
    bytes += static_cast<char>(number);
  return bytes.append(text);
}

// Of the first version, unless a test says otherwise.
std::string encoded(const node_message& message) {
  return encode_node_message(message, 1);
}

node_message decoded(std::string_view bytes) {
  return decode_node_message(bytes, 1);
}

// Why the bytes are refused; empty if they are not.
std::string refusal_of(std::string_view bytes) {
  try {
    decoded(bytes);
    return {};
  } catch (const bad_node_message& error) {
    EXPECT_GT(std::string_view{error.what()}.size(), 20U);
    return error.what();
  }
}

void expect_refused(std::string_view bytes, std::string_view why) {
  EXPECT_NE(refusal_of(bytes).find(why), std::string::npos)
    << hex(bytes) << "was to be refused with: " << why << "\nbut: " << refusal_of(bytes);
}

node_message sent(const node_message& message, std::uint32_t version = node_protocol_newest) {
  return decode_node_message(encode_node_message(message, version), version);
}

file_batch sent_batch(const file_batch& batch) {
  const node::event event{1, 0, std::make_shared<const fanout>(fanout{{}, {batch}, {}})};
  return std::get<fanout_ptr>(std::get<node::event>(sent(event)).what)->files.at(0);
}

room_note sent_note(const room_note& note) {
  const node::event event{1, 0, std::make_shared<const fanout>(fanout{{note}, {}, {}})};
  return std::get<fanout_ptr>(std::get<node::event>(sent(event)).what)->people.at(0);
}

TEST(node_codec, the_samples_are_of_every_kind_with_every_field_set) {
  std::set<std::size_t> kinds;
  std::set<std::size_t> words;
  std::set<std::size_t> events;
  for (const node_message& sample : full_samples()) {
    EXPECT_TRUE(is_all_set(sample)) << hex(encoded(sample));
    kinds.insert(sample.index());
    if (const auto* member = std::get_if<node::member>(&sample))
      words.insert(member->said.what.index());
    if (const auto* event = std::get_if<node::event>(&sample))
      events.insert(event->what.index());
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<node_message>);
  EXPECT_EQ(words.size(), std::variant_size_v<decltype(member_says::what)>);
  EXPECT_EQ(events.size(), std::variant_size_v<room_event>);
}

TEST(node_codec, every_message_arrives_as_it_was) {
  for (const node_message& sample : all_samples()) {
    const std::string bytes = encode_node_message(sample, node_protocol_newest);
    const node_message arrived = decode_node_message(bytes, node_protocol_newest);
    EXPECT_TRUE(same(arrived, sample)) << hex(bytes);
    EXPECT_EQ(encode_node_message(arrived, node_protocol_newest), bytes) << hex(bytes);
  }
}

TEST(node_codec, the_bytes_are_these) {
  const std::string client =
    bytes_of({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
  const frame op = frame_with("op");
  const fanout batch{{}, {{4, 5, 6, {{6, client_of(1), 9, op}}, op, {}, nullptr}}, {}};
  const std::pair<node_message, std::string> table[] = {
    {node::greeting{1, 300, "id", "n"}, bytes_of({1, 0, 1, 0xAC, 2, 2, 'i', 'd', 1, 'n'})},
    {node::entered{127, 128, 3}, bytes_of({1, 3, 127, 0x80, 1, 3})},
    {node::ended{biggest},
     bytes_of({1, 6, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1})},
    {node::member{5, {submit_edit{-1, {client_of(1), 2, 3, make_op({5, "é", del(2), 7}), 4}, true}}},
     bytes_of({1, 2, 5, 2, 1}) + client
       + bytes_of({2, 3, 3, 20, 5, 2, 0xC3, 0xA9, 10, 7, 4, 1})},
    {node::event{5, 6, expelled{close_code::going_away, ""}},
     bytes_of({1, 5, 5, 6, 6, 0xE9, 7, 0})},
    {node::event{5, 0, std::make_shared<const fanout>(batch)},
     bytes_of({1, 5, 5, 0, 5, 0, 1, 8, 5, 6, 1, 6}) + client
       + bytes_of({9, 2, 'o', 'p', 0, 0, 0})},
  };
  for (const auto& [message, bytes] : table)
    EXPECT_EQ(hex(encoded(message)), hex(bytes));
}

// ---- a batch's operations ----

TEST(node_codec, one_operation_is_one_frame_also_where_it_arrives) {
  const frame op = frame_with("the only operation");
  const file_batch arrived = sent_batch({4, 5, 6, {{6, client_of(1), 9, op}}, op, {}, nullptr});
  EXPECT_EQ(*arrived.all, "the only operation");
  EXPECT_EQ(arrived.all, arrived.ops.at(0).bytes) << "the same frame, not an equal one";
}

TEST(node_codec, several_operations_arrive_one_by_one_and_together) {
  const file_batch arrived = sent_batch(sample_batch());
  EXPECT_EQ(*arrived.all, "firstsecond");
  EXPECT_EQ(*arrived.ops.at(0).bytes, "first");
  EXPECT_EQ(*arrived.ops.at(1).bytes, "second");
}

TEST(node_codec, a_batch_without_operations_has_nothing_to_send) {
  EXPECT_EQ(sent_batch({4, 5, 5, {}, nullptr, {}, nullptr}).all, nullptr);
}

TEST(node_codec, the_bytes_of_operations_cross_once) {
  file_batch batch{4, 1'000'000, 1'000'100, {}, nullptr, {}, nullptr};
  std::string all;
  for (ot::revision rev = batch.from + 1; rev <= batch.to; ++rev) {
    batch.ops.push_back({rev, client_of(1), rev, frame_with(std::string(150, 'x'))});
    all += *batch.ops.back().bytes;
  }
  batch.all = frame_with(all);
  const node::event event{1, 0, std::make_shared<const fanout>(fanout{{}, {batch}, {}})};
  constexpr std::size_t for_each = 16 + 3 + 3 + 2;  // client, revision, number, length
  constexpr std::size_t around = 32;
  const std::size_t bytes = encoded(event).size();
  EXPECT_LE(bytes, all.size() + 100 * for_each + around);
  EXPECT_GT(bytes, all.size() + 100 * 16);
}

// ---- frames that are not there ----

TEST(node_codec, no_frame_and_an_empty_one_differ_where_it_matters) {
  EXPECT_EQ(sent_note(note_with(frame_with("note"), nullptr)).own_bytes, nullptr);
  const room_note silent = sent_note(note_with(frame_with("note"), frame_with("")));
  ASSERT_NE(silent.own_bytes, nullptr);
  EXPECT_EQ(*silent.own_bytes, "");
  EXPECT_EQ(sent_batch({4, 5, 5, {}, nullptr, {}, nullptr}).check, nullptr);
  EXPECT_EQ(*sent_batch({4, 5, 5, {}, nullptr, {}, frame_with("")}).check, "");
}

// Who delivers them does not ask.
TEST(node_codec, what_must_be_there_arrives_empty_rather_than_missing) {
  EXPECT_EQ(*sent_note({}).bytes, "");
  const file_batch batch = sent_batch({4, 5, 6, {{}}, nullptr, {{3, nullptr}}, nullptr});
  EXPECT_EQ(*batch.ops.at(0).bytes, "");
  EXPECT_EQ(*batch.cursors.at(0).second, "");
  const auto event = std::get<node::event>(sent(node::event{1, 0, fanout_ptr{}}));
  EXPECT_NE(std::get<fanout_ptr>(event.what), nullptr);
}

TEST(node_codec, a_composed_history_is_one_operation) {
  history_slice slice{4, 5, 7, true, {}, {}};
  expect_refused(encoded(node::event{1, 2, slice}), "composed");
  slice.ops.resize(2);
  expect_refused(encoded(node::event{1, 2, slice}), "composed");
}

// ---- versions ----

TEST(node_codec, another_version_is_refused) {
  for (const node_message& sample : all_samples()) {
    std::string bytes = encoded(sample);
    for (const int version : {0, static_cast<int>(node_protocol_newest) + 1, 255}) {
      bytes[0] = static_cast<char>(version);
      if (sample.index() != 0)
        expect_refused(bytes, "version");
    }
  }
}

TEST(node_codec, what_is_said_is_of_the_version_that_was_agreed_on) {
  constexpr std::uint32_t next = node_protocol_newest + 1;
  for (const node_message& sample : all_samples()) {
    const std::string bytes = encode_node_message(sample, next);
    EXPECT_EQ(bytes[0], static_cast<char>(next));
    EXPECT_TRUE(same(decode_node_message(bytes, next), sample)) << hex(bytes);
    if (sample.index() != 0)
      expect_refused(bytes, "version");
  }
}

TEST(node_codec, what_the_first_version_does_not_know_is_not_said_in_it) {
  const node::event event{1, 0, std::make_shared<const fanout>(fanout{{sample_note()}, {}, {}})};
  const auto chat_id = [&](std::uint32_t version) {
    return std::get<fanout_ptr>(std::get<node::event>(sent(event, version)).what)->people.at(0).chat_id;
  };
  EXPECT_EQ(chat_id(1), 0U);
  EXPECT_EQ(chat_id(chat_ids_since), 8U);
}

TEST(node_codec, the_newest_version_that_both_speak_is_agreed_on) {
  EXPECT_EQ(agreed_version({1, 2}, 1, 1), 1U);
  EXPECT_EQ(agreed_version({1, 1}, 1, 2), 1U);
  EXPECT_EQ(agreed_version({1, 3}, 2, 5), 3U);
  EXPECT_EQ(agreed_version({2, 3}, 1, 1), std::nullopt);
  EXPECT_EQ(agreed_version({1, 1}, 2, 3), std::nullopt);
}

TEST(node_codec, a_greeting_is_read_whatever_its_version) {
  const std::string bytes = bytes_of({1, 0, 3, 9, 2, 'i', 'd', 1, 'n'});
  for (int version = 0; version < 256; ++version) {
    std::string other = bytes;
    other[0] = static_cast<char>(version);
    const auto greeting = std::get<node::greeting>(decoded(other));
    EXPECT_TRUE(same(greeting, node::greeting{3, 9, "id", "n"})) << version;
  }
}

TEST(node_codec, a_later_greeting_may_say_more) {
  const std::string later = bytes_of({node_protocol_newest + 1, 0, 3, 9, 2, 'i', 'd', 1, 'n'});
  EXPECT_TRUE(same(decoded(later + "more"),
                   node_message{node::greeting{3, 9, "id", "n"}}));
  std::string ours = later;
  ours[0] = static_cast<char>(node_protocol_newest);
  expect_refused(ours + "more", "left over");
}

// ---- bytes that are not a message ----

TEST(node_codec, a_message_that_ends_early_is_refused) {
  for (const node_message& sample : all_samples()) {
    const std::string bytes = encoded(sample);
    for (std::size_t length = 0; length < bytes.size(); ++length)
      EXPECT_NE(refusal_of(std::string_view{bytes}.substr(0, length)), "")
        << length << " of " << hex(bytes);
  }
}

TEST(node_codec, a_message_that_goes_on_is_refused) {
  for (const node_message& sample : all_samples())
    expect_refused(encoded(sample) + '\0', "left over");
}

// Every value has one form, so that what is not refused is told as it came.
TEST(node_codec, a_damaged_byte_is_refused_or_means_something) {
  std::size_t refused = 0;
  std::size_t read = 0;
  for (const node_message& sample : all_samples()) {
    const std::string whole = encoded(sample);
    for (std::size_t at = 1; at < whole.size(); ++at) {
      for (int change = 1; change < 256; ++change) {
        std::string bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ change);
        try {
          ASSERT_EQ(encoded(decoded(bytes)), bytes) << hex(bytes);
          ++read;
        } catch (const bad_node_message&) {
          ++refused;
        }
      }
    }
  }
  EXPECT_GT(refused, 10'000U);
  EXPECT_GT(read, 10'000U);
}

TEST(node_codec, a_count_or_length_that_lies_is_refused) {
  const std::string huge = bytes_of({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1});
  const std::string four_billion = bytes_of({0xFF, 0xFF, 0xFF, 0xFF, 0x0F});
  const std::string padding(100, '\0');
  const std::string id(16, '\0');
  const std::pair<const char*, std::string> before[] = {
    {"a text", bytes_of({1, 0, 1, 1})},
    {"opens", bytes_of({1, 1, 1, 0, 0, 0}) + id + bytes_of({0})},
    {"components", bytes_of({1, 2, 1, 2, 0}) + id + bytes_of({1, 1})},
    {"an insert", bytes_of({1, 2, 1, 2, 0}) + id + bytes_of({1, 1, 1, 5})},
    {"selections", bytes_of({1, 2, 1, 3, 1, 1, 1})},
    {"a history's operations", bytes_of({1, 5, 1, 1, 2, 1, 1, 1, 0})},
    {"an operation's bytes", bytes_of({1, 5, 1, 1, 2, 1, 1, 1, 0, 1, 1}) + id + bytes_of({1})},
    {"a history's cursors", bytes_of({1, 5, 1, 1, 2, 1, 1, 1, 0, 0})},
    {"people", bytes_of({1, 5, 1, 0, 5})},
    {"own bytes", bytes_of({1, 5, 1, 0, 5, 1, 0, 0})},
    {"files", bytes_of({1, 5, 1, 0, 5, 0})},
    {"a batch's operations", bytes_of({1, 5, 1, 0, 5, 0, 1, 0, 0, 0})},
    {"notes", bytes_of({1, 5, 1, 0, 5, 0, 0})},
  };
  for (const auto& [what, bytes] : before) {
    for (const std::string& lie : {huge, four_billion, bytes_of({0xFF, 1})})
      EXPECT_TRUE(refusal_of(bytes + lie + padding).ends_with("it ends too early")
                  || refusal_of(bytes + lie + padding).ends_with("a count is too large"))
        << what << ": " << refusal_of(bytes + lie + padding);
  }
}

TEST(node_codec, values_that_there_are_not_are_refused) {
  const std::tuple<const char*, std::string, const char*> table[] = {
    {"nothing", "", "too early"},
    {"a version alone", bytes_of({1}), "too early"},
    {"a kind", bytes_of({1, 7, 0}), "unknown kind"},
    {"a member's word", bytes_of({1, 2, 1, 9, 0}), "unknown kind"},
    {"a room's word", bytes_of({1, 5, 1, 1, 7, 0}), "unknown kind"},
    {"a role", bytes_of({1, 2, 1, 8, 1, 5}), "unknown choice"},
    {"a role beyond its byte", bytes_of({1, 2, 1, 8, 1, 0x80, 2}), "unknown choice"},
    {"an error", bytes_of({1, 5, 1, 1, 4, 11, 0, 0, 0, 0, 0}), "unknown choice"},
    {"a closing code", bytes_of({1, 5, 1, 1, 6, 0xE8, 7, 0}), "unknown choice"},
    {"a reason", bytes_of({1, 4, 1, 1, 3, 0}), "unknown choice"},
    {"a site beyond its bytes", bytes_of({1, 3, 1, 1, 0x80, 0x80, 0x80, 0x80, 0x10}),
     "out of range"},
    {"a flag", bytes_of({1, 2, 1, 4, 1, 1, 1, 1, 2}), "a flag"},
    {"a longer zero", bytes_of({1, 6, 0x80, 0}), "longer than it must be"},
    {"a bit too many", bytes_of({1, 6, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2}),
     "longer than it must be"},
    {"an endless number", bytes_of({1, 6}) + std::string(20, '\xFF'), "too long"},
  };
  for (const auto& [what, bytes, why] : table) {
    SCOPED_TRACE(what);
    expect_refused(bytes, why);
  }
}

// ---- operations in edits ----

std::string edit_with(const std::string& op) {
  return bytes_of({1, 2, 1, 2, 0}) + std::string(16, '\0') + bytes_of({1, 1}) + op + '\1' + '\0';
}

TEST(node_codec, operations_that_are_not_canonical_are_refused) {
  constexpr int keep = 0;
  constexpr int insert = 1;
  constexpr int remove = 2;
  const auto part = [](int kind, int chars) { return chars * 4 + kind; };
  const std::tuple<const char*, std::string, const char*> table[] = {
    {"an empty component", bytes_of({1, part(remove, 0), 0}), "out of range"},
    {"a component longer than any text", bytes_of({1, 0x82, 0x80, 0x80, 0x80, 0x20, 0}),
     "out of range"},
    {"a kind", bytes_of({1, part(3, 1), 0}), "unknown kind of component"},
    {"two neighbours of a kind", bytes_of({2, part(remove, 1), part(remove, 1), 0}), "normal"},
    {"a keep at the end", bytes_of({2, part(remove, 1), part(keep, 1), 0}), "normal"},
    {"a wrong count", bytes_of({1, part(insert, 2), 1, 'x', 0}), "an insert"},
    {"no text", bytes_of({1, part(insert, 1), 0, 0}), "an insert"},
    {"half a character", bytes_of({1, part(insert, 1), 1, 0xC3, 0}), "an insert"},
    {"a NUL", bytes_of({1, part(insert, 1), 1, 0, 0}), "an insert"},
    {"a keep behind it longer than any text", bytes_of({0, 0x80, 0x80, 0x80, 0x80, 8}),
     "out of range"},
  };
  for (const auto& [what, op, why] : table) {
    SCOPED_TRACE(what);
    expect_refused(edit_with(op), why);
  }
  EXPECT_EQ(refusal_of(edit_with(bytes_of({1, part(insert, 1), 1, 'x', 0}))), "");
}

// The room refuses an edit that keeps more than there is, wherever it lives.
TEST(node_codec, what_an_edit_keeps_behind_its_end_is_told) {
  for (const ot::text_op& op : {make_op({1, "x", 9}), make_op({9}), make_op({}),
                                make_op({"x", 0x7FFF'FFFF})}) {
    const node::member said{1, {submit_edit{4, {client_of(1), 2, 3, op, 4}}}};
    const auto member = std::get<node::member>(sent(said));
    EXPECT_EQ(std::get<submit_edit>(member.said.what).edit.op.spanned_chars(),
              op.spanned_chars());
  }
}

}  // namespace
}  // namespace tandem::test
