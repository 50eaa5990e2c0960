// The certificate and its key, from files, read again when they change: who
// renews a certificate need not restart the server. Thread-safe.
//
// Invariants
//  1. There is always a context that works: one that cannot be read anew is
//     reported, once for each change of the files, and the one before stays.
//  2. What could not be used is tried again at every look: the other of the two
//     files may come later, under an earlier time.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace tandem::net {

class tls_files {
 public:
  // Throws std::runtime_error if they cannot be used. `look_interval`: at least
  // between two looks at them.
  tls_files(std::string certificate, std::string key,
            std::chrono::milliseconds look_interval = std::chrono::seconds{1});

  // For a connection that begins now.
  std::shared_ptr<boost::asio::ssl::context> current();

 private:
  struct file_times {
    std::filesystem::file_time_type certificate;
    std::filesystem::file_time_type key;
    bool operator==(const file_times&) const = default;
  };

  std::shared_ptr<boost::asio::ssl::context> read() const;
  std::optional<file_times> changed_at() const;

  const std::string certificate_;
  const std::string key_;
  const std::chrono::milliseconds look_interval_;
  std::mutex mutex_;
  std::optional<file_times> read_as_of_;
  std::shared_ptr<boost::asio::ssl::context> context_;
  std::optional<file_times> reported_as_of_;
  std::chrono::steady_clock::time_point looked_at_;
};

}  // namespace tandem::net
