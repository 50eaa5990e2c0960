// A certificate that signs itself, made for a test: as files, and as a server's
// TLS.
#pragma once

#include "tests/support/temp_folder.hpp"

#include <boost/asio/ssl/context.hpp>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>
#include <string>

namespace tandem::test {

class test_certificate {
 public:
  // names: as X.509 has them: "DNS:localhost,IP:127.0.0.1".
  explicit test_certificate(const std::string& names) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* made = X509_new();
    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), -3'600);
    X509_gmtime_adj(X509_getm_notAfter(made), 3'600);
    X509_set_pubkey(made, key);
    X509_NAME* subject = X509_get_subject_name(made);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("a test"), -1, -1, 0);
    X509_set_issuer_name(made, subject);
    X509V3_CTX with{};
    X509V3_set_ctx(&with, made, made, nullptr, nullptr, 0);
    for (const auto& [id, value] : {std::pair{NID_subject_alt_name, names},
                                    std::pair{NID_basic_constraints, std::string{"CA:TRUE"}}}) {
      X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &with, id, value.c_str());
      X509_add_ext(made, extension, -1);
      X509_EXTENSION_free(extension);
    }
    X509_sign(made, key, EVP_sha256());
    write(key, made);
    X509_free(made);
    EVP_PKEY_free(key);
    tls_.use_certificate_chain_file(file());
    tls_.use_private_key_file(folder_ / "key.pem", boost::asio::ssl::context::pem);
  }

  std::string file() const { return folder_ / "certificate.pem"; }
  std::string key_file() const { return folder_ / "key.pem"; }
  boost::asio::ssl::context& tls() { return tls_; }

 private:
  void write(EVP_PKEY* key, X509* made) const {
    std::FILE* out = std::fopen((folder_ / "key.pem").c_str(), "w");
    PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(out);
    out = std::fopen(file().c_str(), "w");
    PEM_write_X509(out, made);
    std::fclose(out);
  }

  temp_folder folder_;
  boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_server};
};

}  // namespace tandem::test
