#include "ot/rope.hpp"
#include "storage/store.hpp"

namespace tandem::storage {

std::optional<std::string> text_at(reader& from, file_key file, ot::revision rev) {
  const snapshot base = from.snapshot_before(file, rev);
  ot::rope text{base.text};
  ot::revision reached = base.rev;
  from.read_ops(file, base.rev, rev, [&](ot::revision at, stored_op&& entry) {
    if (at != reached + 1 || entry.op.reach_chars() > text.chars())
      throw store_error{store_error::cause::corrupt,
                        "revision " + std::to_string(at) + " does not fit its text"};
    text.apply(entry.op);
    reached = at;
    return true;
  });
  if (reached != rev)
    return std::nullopt;
  return text.to_string();
}

}  // namespace tandem::storage
