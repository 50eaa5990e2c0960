// RapidJSON with its assertions as exceptions: the one place it is included.
#pragma once

#include <stdexcept>

#ifndef RAPIDJSON_ASSERT
#define RAPIDJSON_ASSERT(x)                        \
  do {                                             \
    if (!(x))                                      \
      throw std::logic_error("rapidjson: " #x);    \
  } while (0)
#endif

#include <rapidjson/encodedstream.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
