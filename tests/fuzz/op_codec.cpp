// The log's rows: runs of operations as bytes, plain and packed.
//
// Input: a byte that chooses the mode by its rest by 4, then
//   0: choices from which a valid run is built;
//   1: bytes for storage::decode_run;
//   2: choices for a run, and for which of its bytes are damaged;
//   3: the body of a packed run, which is deflated before it is read: mutations
//      of deflated bytes get no further than their checksum.
// Must hold
//  1. decode_run returns operations or throws store_error{corrupt}.
//  2. What it returns is canonical and valid text, and survives encode_run and
//     decode_run unchanged.
//  3. A run that was built is decoded to what it was built of.
#include "storage/bytes.hpp"
#include "storage/op_codec.hpp"
#include "storage/op_pack.hpp"
#include "storage/store.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <fuzzer/FuzzedDataProvider.h>
#include <zlib.h>

#include <optional>
#include <utility>

namespace tandem::fuzz {
namespace {

using storage::stored_op;
using run = std::vector<stored_op>;

std::optional<run> decoded(std::string_view bytes) {
  try {
    return storage::decode_run(bytes);
  } catch (const storage::store_error& error) {
    must(error.why() == storage::store_error::cause::corrupt, "bytes that are no run are corrupt");
    return std::nullopt;
  }
}

void must_survive(const run& ops) {
  for (const stored_op& entry : ops) {
    must_be_canonical(entry.op);
    must_be_text(entry.author);
  }
  must(decoded(storage::encode_run(ops)) == ops, "a run survives the log");
  must(decoded(storage::pack_run(ops)) == ops, "a run survives being packed");
}

ot::text_op built_op(FuzzedDataProvider& choices) {
  ot::text_op op;
  for (int left = choices.ConsumeIntegralInRange(0, 6); left > 0; --left) {
    switch (choices.ConsumeIntegralInRange(0, 3)) {
      case 0: op.keep(choices.ConsumeIntegralInRange<std::uint32_t>(0, 300)); break;
      case 1: op.remove(choices.ConsumeIntegralInRange<std::uint32_t>(0, 300)); break;
      case 2: op.keep(choices.ConsumeIntegralInRange<std::uint32_t>(0, 1U << 28U)); break;
      default: op.insert(text_from(choices.ConsumeRandomLengthString(200)));
    }
  }
  return op;
}

stored_op built_entry(FuzzedDataProvider& choices) {
  stored_op entry;
  entry.op = built_op(choices);
  // Few clients and names, so that some entries share them.
  entry.client.bytes.fill(choices.ConsumeIntegralInRange<std::uint8_t>(0, 2));
  entry.author = text_from(choices.ConsumeRandomLengthString(2));
  entry.seq = choices.ConsumeIntegral<std::uint64_t>();
  entry.at_ms = choices.ConsumeIntegral<std::int64_t>();
  return entry;
}

run built_run(FuzzedDataProvider& choices) {
  run ops;
  while (choices.remaining_bytes() > 0 && ops.size() < 100)
    ops.push_back(built_entry(choices));
  return ops;
}

// ---- a packed run's body (storage/op_pack.hpp) ----

std::string packed(std::string_view body) {
  uLongf bytes = compressBound(body.size());
  std::string deflated(bytes, '\0');
  compress2(reinterpret_cast<Bytef*>(deflated.data()), &bytes,
            reinterpret_cast<const Bytef*>(body.data()), body.size(), Z_BEST_SPEED);
  deflated.resize(bytes);
  storage::byte_writer out;
  out.raw({&storage::packed_version, 1});
  out.number(body.size());
  out.raw(deflated);
  return out.take();
}

std::string body_of(std::string_view packed_run) {
  storage::byte_reader in{packed_run.substr(1)};
  std::string body(in.number(), '\0');
  uLongf bytes = body.size();
  const std::string_view deflated = in.rest();
  uncompress(reinterpret_cast<Bytef*>(body.data()), &bytes,
             reinterpret_cast<const Bytef*>(deflated.data()), deflated.size());
  return body;
}

// ---- damage ----

std::string damaged_run(FuzzedDataProvider& choices) {
  std::vector<std::pair<std::size_t, char>> wounds(choices.ConsumeIntegralInRange(1, 3));
  for (auto& [at, byte] : wounds) {
    at = choices.ConsumeIntegral<std::uint16_t>();
    byte = choices.ConsumeIntegral<char>();
  }
  const bool is_packed = choices.ConsumeBool();
  const run ops = built_run(choices);
  std::string bytes = is_packed ? body_of(storage::pack_run(ops)) : storage::encode_run(ops);
  for (const auto& [at, byte] : wounds)
    bytes[at % bytes.size()] = byte;
  return is_packed ? packed(bytes) : bytes;
}

void check_bytes(std::string_view bytes) {
  if (const auto ops = decoded(bytes))
    must_survive(*ops);
}

}  // namespace
}  // namespace tandem::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem::fuzz;
  if (size == 0)
    return 0;
  FuzzedDataProvider choices{data + 1, size - 1};
  switch (data[0] % 4) {
    case 0: must_survive(built_run(choices)); break;
    case 2: check_bytes(damaged_run(choices)); break;
    case 3: check_bytes(packed(as_text(data + 1, size - 1))); break;
    default: check_bytes(as_text(data + 1, size - 1));
  }
  return 0;
}
