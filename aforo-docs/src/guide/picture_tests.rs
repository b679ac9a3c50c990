use image::{Rgb, RgbImage, Rgba, RgbaImage};
use proptest::prelude::*;

use super::*;

const SECRET: &[u8] = b"48.8584 N 2.2945 E";

fn gradient(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, (x ^ y) as u8]))
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut data = Cursor::new(Vec::new());
    image.write_to(&mut data, format).unwrap();
    data.into_inner()
}

fn holds(data: &[u8], needle: &[u8]) -> bool {
    data.windows(needle.len()).any(|window| window == needle)
}

fn pixels(picture: &Picture) -> RgbaImage {
    image::load_from_memory(&picture.data).unwrap().to_rgba8()
}

/// A PNG with a text chunk before its pixels.
fn png_with_text(image: &DynamicImage) -> Vec<u8> {
    let png = encoded(image, ImageFormat::Png);
    let mut chunk = b"tEXtComment\0".to_vec();
    chunk.extend(SECRET);
    let mut out = png[..33].to_vec();
    out.extend((chunk.len() as u32 - 4).to_be_bytes());
    out.extend(&chunk);
    out.extend(crc(&chunk).to_be_bytes());
    out.extend(&png[33..]);
    out
}

/// As the PNG specification gives it.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| {
            if c & 1 == 1 {
                0xedb8_8320 ^ (c >> 1)
            } else {
                c >> 1
            }
        })
    };
    !bytes.iter().fold(!0, step)
}

/// A JPEG with an EXIF note that says "turned by a quarter" and where it was taken.
fn turned_jpeg(image: &DynamicImage) -> Vec<u8> {
    let jpeg = encoded(image, ImageFormat::Jpeg);
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    exif.extend(SECRET);
    let mut out = jpeg[..2].to_vec();
    out.extend([0xff, 0xe1]);
    out.extend((exif.len() as u16 + 2).to_be_bytes());
    out.extend(&exif);
    out.extend(&jpeg[2..]);
    out
}

#[test]
fn pixels_stay_and_metadata_goes() {
    let image = DynamicImage::ImageRgb8(gradient(40, 20));
    let original = png_with_text(&image);
    assert!(holds(&original, SECRET));
    let mut trailing = original.clone();
    trailing.extend(b"<script>alert(1)</script>");
    let picture = read(&trailing).unwrap();
    assert_eq!(
        (picture.media_type, picture.width, picture.height),
        (ImageType::Png, 40, 20)
    );
    assert!(!holds(&picture.data, SECRET) && !holds(&picture.data, b"script"));
    assert_eq!(pixels(&picture), image.to_rgba8());
    // The same image gives the same file, so that it is kept once.
    assert_eq!(
        read(&encoded(&image, ImageFormat::Png)).unwrap().data,
        picture.data
    );
}

#[test]
fn a_photograph_is_turned_as_its_note_says() {
    let mut image = RgbImage::from_pixel(64, 32, Rgb([250, 250, 250]));
    for x in 0..16 {
        for y in 0..16 {
            image.put_pixel(x, y, Rgb([250, 0, 0]));
        }
    }
    let original = turned_jpeg(&DynamicImage::ImageRgb8(image));
    assert!(holds(&original, SECRET));
    let picture = read(&original).unwrap();
    assert_eq!(
        (picture.media_type, picture.width, picture.height),
        (ImageType::Jpeg, 32, 64)
    );
    assert!(!holds(&picture.data, SECRET) && !holds(&picture.data, b"Exif"));
    // The corner that was at the top left is at the top right.
    let Rgba([red, green, ..]) = *pixels(&picture).get_pixel(28, 4);
    assert!(red > 200 && green < 60);
}

#[test]
fn webp_keeps_transparency_or_stays_small() {
    let clear = RgbaImage::from_pixel(30, 30, Rgba([10, 200, 30, 90]));
    let picture = read(&encoded(
        &DynamicImage::ImageRgba8(clear.clone()),
        ImageFormat::WebP,
    ))
    .unwrap();
    assert_eq!((picture.media_type, pixels(&picture)), (ImageType::Webp, clear));
}

#[test]
fn a_moving_image_moves_on() {
    let mut data = Vec::new();
    {
        let mut encoder = GifEncoder::new(&mut data);
        encoder.set_repeat(Repeat::Infinite).unwrap();
        for n in 0..5u8 {
            let frame = Frame::new(RgbaImage::from_pixel(9, 7, Rgba([n * 50, 0, 0, 255])));
            encoder.encode_frame(frame).unwrap();
        }
    }
    let picture = read(&data).unwrap();
    assert_eq!(
        (picture.media_type, picture.width, picture.height),
        (ImageType::Gif, 9, 7)
    );
    let again = GifDecoder::new(Cursor::new(&picture.data)).unwrap();
    let frames = again.into_frames().collect_frames().unwrap();
    assert_eq!(frames.len(), 5);
    assert_eq!(frames[3].buffer().get_pixel(0, 0), &Rgba([150, 0, 0, 255]));
    let single = encoded(&DynamicImage::ImageRgb8(gradient(4, 4)), ImageFormat::Gif);
    assert!(read(&single).is_ok());
}

#[test]
fn what_is_no_picture_says_so() {
    for svg in [
        &b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"[..],
        b"\xef\xbb\xbf  <?xml version='1.0'?><!DOCTYPE svg><SVG/>",
        b"<!-- hidden --><svg></svg>",
    ] {
        assert!(read(svg).unwrap_err().starts_with("SVG"));
    }
    for other in [
        &b""[..],
        b"<html>",
        b"%PDF-1.7",
        b"GIF",
        b"BM\0\0\0\0",
        b"\0\0\x01\0\x01\0",
        b"II*\0",
    ] {
        assert!(read(other).is_err());
    }
    let png = encoded(&DynamicImage::ImageRgb8(gradient(50, 50)), ImageFormat::Png);
    assert!(read(&png[..png.len() / 2]).unwrap_err().contains("damaged"));
    assert!(read(&vec![0; MAX_IMAGE + 1]).unwrap_err().contains("MiB"));
}

/// Files that say they are enormous are refused by what they say, before anything is unpacked.
#[test]
fn bombs_are_refused_unopened() {
    for (width, height) in [(4097u32, 10u32), (10, 4097), (60_000, 60_000), (u32::MAX >> 1, 1)] {
        let mut header = b"IHDR".to_vec();
        header.extend(width.to_be_bytes());
        header.extend(height.to_be_bytes());
        header.extend([8, 2, 0, 0, 0]);
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
        png.extend(&header);
        png.extend(crc(&header).to_be_bytes());
        png.extend(b"\0\0\0\0IDAT");
        let refused = read(&png).unwrap_err();
        assert!(
            refused.contains("4096") || refused.contains("damaged"),
            "{refused}"
        );

        let mut gif = b"GIF89a".to_vec();
        gif.extend((width.min(65_535) as u16).to_le_bytes());
        gif.extend((height.min(65_535) as u16).to_le_bytes());
        gif.extend([0, 0, 0, b';']);
        assert!(read(&gif).is_err());
    }
    // A small file that unpacks to many pixels within the limits is fine; many frames of them are not.
    let flat = encoded(
        &DynamicImage::ImageRgb8(RgbImage::new(4096, 1200)),
        ImageFormat::Png,
    );
    assert!(flat.len() < 100_000);
    assert!(read(&flat).is_ok());
    let mut data = Vec::new();
    {
        let mut encoder = GifEncoder::new_with_speed(&mut data, 30);
        for _ in 0..12 {
            encoder
                .encode_frame(Frame::new(RgbaImage::new(2048, 2048)))
                .unwrap();
        }
    }
    assert!(read(&data).unwrap_err().contains("too long"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// Damaged files neither panic nor come through as something else.
    #[test]
    fn damage_is_harmless(kind in 0..4usize, at in any::<prop::sample::Index>(), with in any::<u8>(), cut in any::<bool>()) {
        let format = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP][kind];
        let mut data = encoded(&DynamicImage::ImageRgb8(gradient(24, 17)), format);
        let at = at.index(data.len());
        if cut { data.truncate(at) } else { data[at] = with }
        if let Ok(picture) = read(&data) {
            prop_assert!(image::load_from_memory(&picture.data).is_ok());
        }
    }
}
