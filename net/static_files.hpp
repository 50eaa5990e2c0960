// The web client's files, read into memory at the start; compressed when first
// asked for in that form. Thread-safe.
#pragma once

#include "net/http_types.hpp"

#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace tandem::net {

class static_files {
 public:
  // Reads a folder. One that is absent or empty serves a page that says so.
  explicit static_files(const std::string& folder);

  // The file at a path, or `/index.html` for the app's own pages; 404 otherwise.
  http_response serve(const http_request& request, std::string_view path);

 private:
  struct file {
    std::string content_type;
    std::string bytes;
    std::string gzip;  // made on demand; empty: not yet, or not worth it
    std::string tag;
    bool is_immutable = false;
  };

  const std::string& gzipped(file& which);

  std::mutex mutex_;
  std::map<std::string, file, std::less<>> files_;
};

}  // namespace tandem::net
