# cmake -DFOLDER=… -DFUNCTION=… -DOUTPUT=… -P embed_migrations.cmake
# Writes a C++ source with the numbered SQL files of a folder in it.
file(GLOB files "${FOLDER}/*.sql")
list(SORT files)
set(rows "")
foreach(file IN LISTS files)
  get_filename_component(name "${file}" NAME_WE)
  string(REGEX MATCH "^[0-9]+" digits "${name}")
  math(EXPR number "1${digits} - 10000")
  file(READ "${file}" sql)
  string(APPEND rows "  {${number}, \"${name}\", R\"sql(${sql})sql\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "// Made from ${FUNCTION}'s SQL files; do not edit.
#include \"storage/migrations.hpp\"

namespace tandem::storage {

namespace {
constexpr migration all[] = {
${rows}};
}  // namespace

std::span<const migration> ${FUNCTION}() noexcept {
  return all;
}

}  // namespace tandem::storage
")
