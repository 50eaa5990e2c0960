// A certificate that is renewed while the server runs.
#include "net/tls_files.hpp"

#include "tests/net/test_certificate.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace tandem::test {
namespace {

namespace fs = std::filesystem;

TEST(tls_files, are_used_when_both_have_come_whatever_their_times) {
  const test_certificate before{"DNS:localhost"};
  const test_certificate after{"DNS:localhost"};
  const temp_folder folder;
  const std::string certificate = folder / "certificate.pem";
  const std::string key = folder / "key.pem";
  const auto put = [](const std::string& from, const std::string& to, int hours) {
    fs::copy_file(from, to, fs::copy_options::overwrite_existing);
    fs::last_write_time(to, fs::file_time_type::clock::now() + std::chrono::hours{hours});
  };
  put(before.file(), certificate, -3);
  put(before.key_file(), key, -3);
  net::tls_files files{certificate, key, std::chrono::milliseconds{0}};
  const auto first = files.current();
  put(after.file(), certificate, -1);  // the key is still the other's: of no use
  EXPECT_EQ(files.current(), first);
  put(after.key_file(), key, -2);  // made before the certificate
  EXPECT_NE(files.current(), first);
}

}  // namespace
}  // namespace tandem::test
