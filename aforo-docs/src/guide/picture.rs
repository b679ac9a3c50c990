//! Reading an uploaded image and writing it anew: what is kept has no metadata, no trailing bytes, nothing that
//! another program could take for something else, and a size that was checked before it was unpacked.

use std::io::Cursor;

use image::{
    AnimationDecoder, DynamicImage, ExtendedColorType, Frame, ImageDecoder, ImageEncoder, ImageError,
    ImageFormat, Limits,
    codecs::{
        gif::{GifDecoder, GifEncoder, Repeat},
        jpeg::{JpegDecoder, JpegEncoder},
        png::{CompressionType, FilterType, PngDecoder, PngEncoder},
        webp::{WebPDecoder, WebPEncoder},
    },
    error::LimitError,
};

use super::image::{ImageType, MAX_IMAGE, MAX_SIDE};

/// Bytes that an image may take when it is unpacked: one of 4096 by 4096 pixels in eight bits.
const MAX_UNPACKED: u64 = 4096 * 4096 * 4;
/// Pixels of all frames of a moving image together.
const MAX_MOVING: u64 = 40_000_000;
/// Of 100: a reader does not see the difference to the original.
const JPEG_QUALITY: u8 = 90;

/// An image that was written anew.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Its format: that of the upload.
    pub media_type: ImageType,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// The file.
    pub data: Vec<u8>,
}

/// Reads an image of any size and format; what cannot be kept is refused with a reason for people. Takes up to a
/// few seconds and a hundred megabytes: run it off the async threads, and not too many at once.
pub fn read(bytes: &[u8]) -> Result<Picture, String> {
    if bytes.len() > MAX_IMAGE {
        return Err(too_large(bytes.len()));
    }
    let picture = match image::guess_format(bytes).ok() {
        Some(ImageFormat::Png) => png(bytes),
        Some(ImageFormat::Jpeg) => jpeg(bytes),
        Some(ImageFormat::Gif) => gif(bytes),
        Some(ImageFormat::WebP) => webp(bytes),
        _ if looks_like_svg(bytes) => {
            Err("SVG images can run scripts in a reader's browser. Export the drawing as PNG.".to_owned())
        }
        _ => Err("This is no PNG, JPEG, GIF or WebP image.".to_owned()),
    }?;
    if picture.data.len() > MAX_IMAGE {
        return Err(too_large(picture.data.len()));
    }
    Ok(picture)
}

fn too_large(bytes: usize) -> String {
    let (mib, most) = (bytes.div_ceil(1024 * 1024), MAX_IMAGE / 1024 / 1024);
    format!("The image has {mib} MiB; at most {most} are kept. Make it smaller.")
}

fn looks_like_svg(bytes: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).to_ascii_lowercase();
    let start = start.trim_start_matches('\u{feff}').trim_start();
    start.starts_with("<svg")
        || (start.starts_with("<?xml") || start.starts_with("<!")) && start.contains("<svg")
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_UNPACKED);
    limits
}

fn reason(error: ImageError) -> String {
    match error {
        ImageError::Limits(error) => limit(&error),
        ImageError::Unsupported(_) => {
            "This kind of image is not supported. Save it as an ordinary PNG.".to_owned()
        }
        _ => "The image is damaged. Export it again.".to_owned(),
    }
}

fn limit(_: &LimitError) -> String {
    format!("An image has at most {MAX_SIDE} by {MAX_SIDE} pixels of eight bits a colour. Make it smaller.")
}

/// The image, turned as the camera noted, since the note itself is not kept.
fn still(mut decoder: impl ImageDecoder) -> Result<DynamicImage, String> {
    decoder.set_limits(limits()).map_err(reason)?;
    if decoder.total_bytes() > MAX_UNPACKED {
        let (width, height) = decoder.dimensions();
        return Err(format!(
            "The image has {width} by {height} pixels; at most {MAX_SIDE} by {MAX_SIDE} of eight bits a colour are kept."
        ));
    }
    let turn = decoder.orientation().map_err(reason)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(reason)?;
    image.apply_orientation(turn);
    Ok(image)
}

fn written(
    media_type: ImageType,
    image: &DynamicImage,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), ImageError>,
) -> Result<Picture, String> {
    let mut data = Vec::new();
    write(&mut data).map_err(reason)?;
    Ok(Picture {
        media_type,
        width: image.width(),
        height: image.height(),
        data,
    })
}

fn png(bytes: &[u8]) -> Result<Picture, String> {
    let decoder = PngDecoder::with_limits(Cursor::new(bytes), limits()).map_err(reason)?;
    if decoder.is_apng().map_err(reason)? {
        return Err("Moving PNG images are not supported. Save it as GIF.".to_owned());
    }
    let image = still(decoder)?;
    written(ImageType::Png, &image, |data| {
        image.write_with_encoder(PngEncoder::new_with_quality(
            data,
            CompressionType::Default,
            FilterType::Adaptive,
        ))
    })
}

fn jpeg(bytes: &[u8]) -> Result<Picture, String> {
    let image = still(JpegDecoder::new(Cursor::new(bytes)).map_err(reason)?)?;
    written(ImageType::Jpeg, &image, |data| {
        image.write_with_encoder(JpegEncoder::new_with_quality(data, JPEG_QUALITY))
    })
}

/// Photographs grow when they are written without loss. One without transparency becomes a JPEG if that is
/// smaller.
fn webp(bytes: &[u8]) -> Result<Picture, String> {
    let decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(reason)?;
    if decoder.has_animation() {
        return Err("Moving WebP images are not supported. Save it as GIF.".to_owned());
    }
    let image = still(decoder)?;
    let lossless = written(ImageType::Webp, &image, |data| {
        let (rgba, colour) = match &image {
            DynamicImage::ImageRgb8(rgb) => (rgb.as_raw(), ExtendedColorType::Rgb8),
            _ => (&image.to_rgba8().into_raw(), ExtendedColorType::Rgba8),
        };
        WebPEncoder::new_lossless(data).write_image(rgba, image.width(), image.height(), colour)
    })?;
    if lossless.data.len() <= bytes.len() || image.color().has_alpha() {
        return Ok(lossless);
    }
    let lossy = written(ImageType::Jpeg, &image, |data| {
        image.write_with_encoder(JpegEncoder::new_with_quality(data, JPEG_QUALITY))
    })?;
    Ok(if lossy.data.len() < lossless.data.len() {
        lossy
    } else {
        lossless
    })
}

fn gif(bytes: &[u8]) -> Result<Picture, String> {
    let mut decoder = GifDecoder::new(Cursor::new(bytes)).map_err(reason)?;
    decoder.set_limits(limits()).map_err(reason)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let (mut data, mut frames) = (Vec::new(), 0);
    let mut first: Option<Frame> = None;
    {
        let mut encoder = GifEncoder::new_with_speed(&mut data, 10);
        for frame in decoder.into_frames() {
            let frame = frame.map_err(reason)?;
            frames += 1;
            if frames * pixels > MAX_MOVING {
                return Err(
                    "The moving image is too long for its size. Make it smaller or shorter.".to_owned(),
                );
            }
            // Whether it moves decides how the file begins.
            match first.take() {
                None if frames == 1 => first = Some(frame),
                None => encoder.encode_frame(frame).map_err(reason)?,
                Some(one) => {
                    encoder.set_repeat(Repeat::Infinite).map_err(reason)?;
                    encoder.encode_frame(one).map_err(reason)?;
                    encoder.encode_frame(frame).map_err(reason)?;
                }
            }
        }
        if let Some(only) = first {
            encoder.encode_frame(only).map_err(reason)?;
        }
    }
    if frames == 0 {
        return Err("The image is damaged. Export it again.".to_owned());
    }
    Ok(Picture {
        media_type: ImageType::Gif,
        width,
        height,
        data,
    })
}

#[cfg(test)]
#[path = "picture_tests.rs"]
mod tests;
