#include "storage/postgres_packer.hpp"

#include "storage/op_codec.hpp"
#include "storage/op_pack.hpp"
#include "storage/postgres_values.hpp"

namespace tandem::storage {

namespace {

struct cold_rows {
  ot::revision first = 0;
  std::vector<stored_op> ops;

  ot::revision last() const noexcept { return first + ops.size() - 1; }
};

// Whole rows up to the latest snapshot, until they are a piece.
cold_rows cold_rows_of(const pqxx::result& rows) {
  cold_rows cold;
  for (const pqxx::row& row : rows) {
    if (cold.ops.empty())
      cold.first = revision(row["first_rev"]);
    if (cold.ops.size() >= packed_piece_ops)
      break;
    for (stored_op& entry : decode_run(bytes(row["ops"])))
      cold.ops.push_back(std::move(entry));
    if (cold.last() != revision(row["last_rev"]))
      throw store_error{store_error::cause::corrupt, "the log has a gap"};
  }
  return cold;
}

}  // namespace

void postgres_packer::pack_one() noexcept {
  if (due_.empty())
    return;
  const auto [file, tenant] = *due_.begin();
  try {
    if (!pack(tenant, file))
      due_.erase(file);
  } catch (const std::exception&) {
    due_.erase(file);
  }
}

bool postgres_packer::pack(tenant_key tenant, file_key file) {
  const cold_rows cold =
    cold_rows_of(connection_.read(tenant, [&](postgres_connection::moment& now) {
      return now.exec("cold_rows", file, packed_piece_ops);
    }));
  if (cold.ops.size() < packed_piece_ops) {
    connection_.write("thin_snapshots", tenant, file, as_bigint(snapshot_spacing_ops));
    return false;
  }
  return connection_
    .write("pack_runs", tenant, file, as_bigint(cold.first), as_bigint(cold.last()),
           pqxx::binarystring{pack_run(cold.ops)})[0][0]
    .as<bool>();
}

}  // namespace tandem::storage
