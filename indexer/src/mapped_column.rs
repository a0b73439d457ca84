//! Columns of a file: values of a fixed width, one behind the other, read where they lie.

use std::marker::PhantomData;
use std::ops::Range;

use tantivy::directory::OwnedBytes;

/// A value that always takes the same number of bytes.
pub trait FixedWidth: Copy {
    /// The bytes of one value.
    type Bytes: Default + AsRef<[u8]> + AsMut<[u8]>;

    /// The value as it is stored.
    fn to_bytes(self) -> Self::Bytes;

    /// The value that is stored in `bytes`.
    fn from_bytes(bytes: Self::Bytes) -> Self;
}

impl FixedWidth for u16 {
    type Bytes = [u8; 2];

    fn to_bytes(self) -> [u8; 2] {
        self.to_le_bytes()
    }

    fn from_bytes(bytes: [u8; 2]) -> u16 {
        u16::from_le_bytes(bytes)
    }
}

impl FixedWidth for u32 {
    type Bytes = [u8; 4];

    fn to_bytes(self) -> [u8; 4] {
        self.to_le_bytes()
    }

    fn from_bytes(bytes: [u8; 4]) -> u32 {
        u32::from_le_bytes(bytes)
    }
}

impl FixedWidth for u64 {
    type Bytes = [u8; 8];

    fn to_bytes(self) -> [u8; 8] {
        self.to_le_bytes()
    }

    fn from_bytes(bytes: [u8; 8]) -> u64 {
        u64::from_le_bytes(bytes)
    }
}

impl FixedWidth for i64 {
    type Bytes = [u8; 8];

    fn to_bytes(self) -> [u8; 8] {
        self.to_le_bytes()
    }

    fn from_bytes(bytes: [u8; 8]) -> i64 {
        i64::from_le_bytes(bytes)
    }
}

/// Values as the bytes of a column.
pub fn column_bytes<T: FixedWidth>(values: impl IntoIterator<Item = T>) -> Vec<u8> {
    let values = values.into_iter();
    let mut bytes = Vec::with_capacity(values.size_hint().0 * size_of::<T::Bytes>());
    for value in values {
        bytes.extend_from_slice(value.to_bytes().as_ref());
    }
    bytes
}

/// A column of a file that is mapped into memory.
pub struct MappedColumn<T> {
    bytes: OwnedBytes,
    values: PhantomData<T>,
}

impl<T: FixedWidth> MappedColumn<T> {
    /// Takes bytes as a column; what is left at its end and makes no whole value is not counted.
    pub fn new(bytes: OwnedBytes) -> MappedColumn<T> {
        MappedColumn { bytes, values: PhantomData }
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.bytes.len() / size_of::<T::Bytes>()
    }

    /// The value at `index`, which is below [`MappedColumn::len`].
    pub fn get(&self, index: usize) -> T {
        let mut value = T::Bytes::default();
        let width = value.as_ref().len();
        value.as_mut().copy_from_slice(&self.bytes[index * width..][..width]);
        T::from_bytes(value)
    }

    /// All values in their order.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        (0..self.len()).map(|index| self.get(index))
    }

    /// The column as it is stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The first of `range` for which `is_before` does not hold; it must hold for all before that one, as in a sorted list.
pub fn partition_point(range: Range<usize>, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_stored_with_the_lowest_byte_first() {
        assert_eq!(column_bytes([0x0102u16, 3]), [2, 1, 3, 0]);
        assert_eq!(column_bytes([-2i64]), [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    }

    proptest! {
        #[test]
        fn values_come_back_from_their_column(values: Vec<u32>, rest in prop::collection::vec(any::<u8>(), 0..4)) {
            let mut bytes = column_bytes(values.iter().copied());
            bytes.extend(rest);
            let column = MappedColumn::<u32>::new(OwnedBytes::new(bytes));
            prop_assert_eq!(column.len(), values.len());
            prop_assert_eq!(column.iter().collect::<Vec<_>>(), values);
        }

        #[test]
        fn the_partition_point_is_that_of_a_sorted_list(mut values: Vec<u8>, wanted: u8) {
            values.sort_unstable();
            let point = partition_point(0..values.len(), |at| values[at] < wanted);
            prop_assert_eq!(point, values.partition_point(|value| *value < wanted));
        }
    }
}
