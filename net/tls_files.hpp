// The certificate and its key, from files, read again when they change: who
// renews a certificate need not restart the server. Thread-safe.
//
// Invariants
//  1. There is always a context that works: one that cannot be read anew is
//     reported, and the one before stays.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

namespace tandem::net {

class tls_files {
 public:
  // Throws std::runtime_error if they cannot be used.
  tls_files(std::string certificate, std::string key);

  // For a connection that begins now. Looks at the files once a second at most.
  std::shared_ptr<boost::asio::ssl::context> current();

 private:
  using file_time = std::filesystem::file_time_type;

  std::shared_ptr<boost::asio::ssl::context> read() const;
  file_time changed_at() const;

  const std::string certificate_;
  const std::string key_;
  std::mutex mutex_;
  std::shared_ptr<boost::asio::ssl::context> context_;
  file_time read_as_of_;
  std::chrono::steady_clock::time_point looked_at_;
};

}  // namespace tandem::net
