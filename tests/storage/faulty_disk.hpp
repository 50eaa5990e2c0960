// A disk that fails when it is told to: SQLite's own file system layer with
// another write and another sync. For one thread.
#pragma once

#include <sqlite3.h>

#include <map>

namespace tandem::test {

class faulty_disk {
 public:
  // Files that the store opens from here on are on it: it goes by the name of
  // the layer that the store asks for, and is found before that.
  faulty_disk() {
    real_ = sqlite3_vfs_find("unix-excl");
    shim_ = *real_;
    shim_.xOpen = open;
    sqlite3_vfs_register(&shim_, 0);
  }
  faulty_disk(const faulty_disk&) = delete;
  faulty_disk& operator=(const faulty_disk&) = delete;
  ~faulty_disk() {
    sqlite3_vfs_unregister(&shim_);
    heal();
  }

  // After so many writes each further one fails with the code.
  void fail_writes_after(int writes, int code) {
    writes_left_ = writes;
    write_code_ = code;
  }
  void fail_syncs() { syncs_fail_ = true; }
  void heal() {
    write_code_ = SQLITE_OK;
    syncs_fail_ = false;
  }
  static bool has_failed_write() { return write_code_ != SQLITE_OK && writes_left_ < 0; }

 private:
  // The file stays the real layer's object; only its table of methods is ours.
  static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* got) {
    const int code = real_->xOpen(real_, name, file, flags, got);
    if (code != SQLITE_OK || file->pMethods == nullptr)
      return code;
    sqlite3_io_methods& ours = tables_[file->pMethods];
    if (ours.xWrite != write) {
      ours = *file->pMethods;
      real_write_ = ours.xWrite;
      real_sync_ = ours.xSync;
      ours.xWrite = write;
      ours.xSync = sync;
    }
    file->pMethods = &ours;
    return code;
  }

  static int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
    if (write_code_ != SQLITE_OK && --writes_left_ < 0) {
      if (count > 1)  // what a full disk takes is a part
        real_write_(file, bytes, count / 2, at);
      return write_code_;
    }
    return real_write_(file, bytes, count, at);
  }

  static int sync(sqlite3_file* file, int flags) {
    return syncs_fail_ ? SQLITE_IOERR_FSYNC : real_sync_(file, flags);
  }

  static inline sqlite3_vfs* real_ = nullptr;
  static inline int (*real_write_)(sqlite3_file*, const void*, int, sqlite3_int64) = nullptr;
  static inline int (*real_sync_)(sqlite3_file*, int) = nullptr;
  static inline std::map<const sqlite3_io_methods*, sqlite3_io_methods> tables_;
  static inline int writes_left_ = 0;
  static inline int write_code_ = SQLITE_OK;
  static inline bool syncs_fail_ = false;

  sqlite3_vfs shim_{};
};

}  // namespace tandem::test
