#include "net/static_files.hpp"

#include <zlib.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace tandem::net {

namespace {

constexpr std::string_view placeholder =
  "<!doctype html><meta charset=utf-8><title>tandem</title>"
  "<p>The web client has not been built. Run <code>./run</code>, or see web/README.md.";

std::string content_type_of(const std::filesystem::path& path) {
  static const std::map<std::string, std::string> types{
    {".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},   {".svg", "image/svg+xml"},
    {".ttf", "font/ttf"},                  {".woff2", "font/woff2"},
    {".png", "image/png"},                 {".json", "application/json"},
    {".ico", "image/x-icon"},              {".txt", "text/plain; charset=utf-8"}};
  const auto found = types.find(path.extension().string());
  return found == types.end() ? "application/octet-stream" : found->second;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::string gzip_of(std::string_view bytes) {
  constexpr int gzip_window_bits = 15 + 16;
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, gzip_window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return {};
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// Everything comes from here; Monaco puts its styles into the page.
constexpr const char* content_policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
  "worker-src 'self' blob:; connect-src 'self'; img-src 'self' data:; "
  "font-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

}  // namespace

static_files::static_files(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  for (fs::recursive_directory_iterator at{folder, error}, end; !error && at != end;
       at.increment(error)) {
    if (!at->is_regular_file())
      continue;
    const std::string name = "/" + fs::relative(at->path(), folder).generic_string();
    file& added = files_[name];
    added.content_type = content_type_of(at->path());
    added.bytes = read_file(at->path());
    added.is_immutable = name.starts_with("/assets/");  // their names carry a hash
    const uLong sum = crc32(0, reinterpret_cast<const Bytef*>(added.bytes.data()),
                            static_cast<uInt>(added.bytes.size()));
    added.tag = "\"" + std::to_string(sum) + "-" + std::to_string(added.bytes.size()) + "\"";
  }
  if (!files_.contains("/index.html"))
    files_["/index.html"] = {"text/html; charset=utf-8", std::string{placeholder}, {}, "\"0\"",
                             false};
}

const std::string& static_files::gzipped(file& which) {
  constexpr std::size_t worth_it_bytes = 1024;
  const std::lock_guard lock{mutex_};
  if (which.gzip.empty() && which.bytes.size() >= worth_it_bytes)
    which.gzip = gzip_of(which.bytes);
  return which.gzip;
}

http_response static_files::serve(const http_request& request, std::string_view path) {
  const bool is_page = path == "/" || path.starts_with("/r/") || path == "/me" || path == "/team"
                       || path == "/docs";
  const auto found = files_.find(is_page ? std::string_view{"/index.html"} : path);
  if (found == files_.end())
    return error_response(http::status::not_found, "not_found", "no such page");
  file& wanted = found->second;
  http_response response{http::status::ok, 11};
  response.set(http::field::etag, wanted.tag);
  response.set(http::field::cache_control, wanted.is_immutable
                                             ? "public, max-age=31536000, immutable"
                                             : "no-cache");
  response.set("Content-Security-Policy", content_policy);
  response.set(http::field::content_type, wanted.content_type);
  if (request[http::field::if_none_match] == wanted.tag) {
    response.result(http::status::not_modified);
    return response;
  }
  const bool takes_gzip =
    request[http::field::accept_encoding].find("gzip") != boost::beast::string_view::npos;
  const std::string* body = &wanted.bytes;
  if (takes_gzip && !gzipped(wanted).empty()) {
    response.set(http::field::content_encoding, "gzip");
    body = &wanted.gzip;
  }
  response.set(http::field::vary, "accept-encoding");
  response.body() = *body;
  return response;
}

}  // namespace tandem::net
