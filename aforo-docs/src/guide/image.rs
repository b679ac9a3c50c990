//! Images of the guides: what is kept of them.

use std::{fmt, str::FromStr};

use aforo_core::{InvalidId, TenantId, Timestamp, UserId, domain::user::UnknownWord, kernel::audit::hex};

/// Bytes of an image, as it is uploaded and as it is kept.
pub const MAX_IMAGE: usize = 5 * 1024 * 1024;
/// Pixels of an image in each direction.
pub const MAX_SIDE: u32 = 4_096;
/// Images of one tenant.
pub const MAX_IMAGES: u64 = 5_000;
/// Bytes of all images of one tenant.
pub const MAX_IMAGE_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// Names an image by the SHA-256 of its content, so that it may be cached for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageId(pub [u8; 32]);

impl ImageId {
    /// How Markdown refers to the image, whatever path the console is mounted under:
    /// `![A key](/docs/images/2c26b4…)`.
    pub fn reference(self) -> String {
        format!("{REFERENCE}{self}")
    }
}

/// What [`ImageId::reference`] begins with.
pub const REFERENCE: &str = "/docs/images/";

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}
impl FromStr for ImageId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => Err(InvalidId { expected: "image" }),
        };
        let mut id = [0; 32];
        if text.len() != 64 {
            return Err(InvalidId { expected: "image" });
        }
        for (byte, pair) in id.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(id))
    }
}

/// The formats that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImageType {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF, moving or not.
    Gif,
    /// WebP.
    Webp,
}

impl ImageType {
    /// The media type.
    pub const fn as_str(self) -> &'static str {
        match self {
            ImageType::Png => "image/png",
            ImageType::Jpeg => "image/jpeg",
            ImageType::Gif => "image/gif",
            ImageType::Webp => "image/webp",
        }
    }
    /// The end of a file's name, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            ImageType::Png => "png",
            ImageType::Jpeg => "jpg",
            ImageType::Gif => "gif",
            ImageType::Webp => "webp",
        }
    }
}
impl FromStr for ImageType {
    type Err = UnknownWord;
    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "image/png" => Ok(ImageType::Png),
            "image/jpeg" => Ok(ImageType::Jpeg),
            "image/gif" => Ok(ImageType::Gif),
            "image/webp" => Ok(ImageType::Webp),
            _ => Err(UnknownWord(word.to_owned())),
        }
    }
}

/// An image, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocImage {
    /// The hash of its content.
    pub id: ImageId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Its format.
    pub media_type: ImageType,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Bytes.
    pub bytes: u32,
    /// Who added it, if a person did.
    pub created_by: Option<UserId>,
    /// When it was added.
    pub created_at: Timestamp,
}
