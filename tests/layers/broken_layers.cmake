# cmake -DROOT=… -DCHECK=… -DWORK=… -P broken_layers.cmake
# The check must see what it is there for: in a copy of the sources each wrong
# include in turn makes it fail, and without one it passes.
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${WORK}")
foreach(folder ot storage actors net config tools)
  file(GLOB files "${ROOT}/${folder}/*.hpp" "${ROOT}/${folder}/*.cpp")
  file(COPY ${files} DESTINATION "${WORK}/${folder}")
endforeach()

# check(EXPECTED WHAT)
function(check expected what)
  execute_process(COMMAND "${CMAKE_COMMAND}" -DROOT=${WORK} -P "${CHECK}"
                  RESULT_VARIABLE result OUTPUT_QUIET ERROR_VARIABLE said)
  if(expected STREQUAL "passes" AND NOT result EQUAL 0)
    message(SEND_ERROR "${what}: refused\n${said}")
  elseif(expected STREQUAL "fails" AND result EQUAL 0)
    message(SEND_ERROR "${what}: not seen")
  endif()
endfunction()

check(passes "the sources as they are")

set(wrong
  "ot/rope.hpp|#include \"storage/store.hpp\""
  "ot/rope.cpp|#include <fmt/format.h>"
  "ot/rope.cpp|#include <unistd.h>"
  "storage/store.hpp|#include \"actors/limits.hpp\""
  "storage/op_codec.cpp|#include <rapidjson/reader.h>"
  "actors/room_core.hpp|#include \"net/json.hpp\""
  "actors/room_core.cpp|#include <sqlite3.h>"
  "actors/room.cpp|#  include  <boost/asio/post.hpp>"
  "net/json.hpp|#include \"net/rapidjson.hpp\""
  "net/json.cpp|#include <rapidjson/document.h>"
  "net/door.hpp|#include \"actors/room.hpp\""
  "net/door.cpp|#include <caf/all.hpp>"
  "net/door.cpp|#include \"config/settings.hpp\""
  "net/rest_api.cpp|#include <sqlite3.h>"
  "config/settings_table.cpp|#include \"actors/room_core.hpp\""
  "config/settings.hpp|#include \"net/http_server.hpp\""
  "tools/serve.cpp|#include \"tests/support/ops.hpp\"")
foreach(one IN LISTS wrong)
  string(REPLACE "|" ";" parts "${one}")
  list(GET parts 0 name)
  list(GET parts 1 line)
  file(READ "${WORK}/${name}" whole)
  file(WRITE "${WORK}/${name}" "${line}\n${whole}")
  check(fails "${name} with ${line}")
  file(WRITE "${WORK}/${name}" "${whole}")
endforeach()

file(REMOVE_RECURSE "${WORK}")
