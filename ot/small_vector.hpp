// A vector of trivially copyable values whose first `Inline` elements live
// inside the object, so that the operation of one keystroke (two components)
// allocates nothing. Owned by whoever owns the value; no thread safety.
//
// Invariants
//  1. data_ points at inline_ or at a heap block of capacity_ elements.
//  2. size_ <= capacity_, and capacity_ >= Inline.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>

namespace tandem::ot {

template <class T, std::uint32_t Inline>
class small_vector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  small_vector() noexcept = default;
  small_vector(const small_vector& other) { assign(other); }
  small_vector(small_vector&& other) noexcept { take(other); }

  small_vector& operator=(const small_vector& other) {
    if (this != &other) {
      size_ = 0;
      assign(other);
    }
    return *this;
  }

  small_vector& operator=(small_vector&& other) noexcept {
    if (this != &other) {
      release();
      take(other);
    }
    return *this;
  }

  ~small_vector() { release(); }

  T* begin() noexcept { return data_; }
  T* end() noexcept { return data_ + size_; }
  const T* begin() const noexcept { return data_; }
  const T* end() const noexcept { return data_ + size_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  T& back() noexcept {
    assert(size_ > 0);
    return data_[size_ - 1];
  }

  const T& operator[](std::size_t i) const noexcept {
    assert(i < size_);
    return data_[i];
  }

  // Amortised O(1).
  void push_back(T value) {
    if (size_ == capacity_)
      grow(capacity_ * 2);
    data_[size_++] = value;
  }

  void clear() noexcept { size_ = 0; }

 private:
  void assign(const small_vector& other) {
    if (other.size_ > capacity_)
      grow(other.size_);
    std::memcpy(static_cast<void*>(data_), other.data_, other.size_ * sizeof(T));
    size_ = other.size_;
  }

  void take(small_vector& other) noexcept {
    if (other.data_ == other.inline_) {
      std::memcpy(static_cast<void*>(inline_), other.inline_, other.size_ * sizeof(T));
      data_ = inline_;
      capacity_ = Inline;
    } else {
      data_ = other.data_;
      capacity_ = other.capacity_;
    }
    size_ = other.size_;
    other.data_ = other.inline_;
    other.capacity_ = Inline;
    other.size_ = 0;
  }

  void grow(std::uint32_t wanted) {
    T* block = std::allocator<T>{}.allocate(wanted);
    std::memcpy(static_cast<void*>(block), data_, size_ * sizeof(T));
    release();
    data_ = block;
    capacity_ = wanted;
  }

  // Frees the heap block, if there is one; size_ is kept for grow().
  void release() noexcept {
    if (data_ != inline_)
      std::allocator<T>{}.deallocate(data_, capacity_);
    data_ = inline_;
    capacity_ = Inline;
  }

  T* data_ = inline_;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = Inline;
  T inline_[Inline];
};

}  // namespace tandem::ot
