//! Kernels in two versions: for AVX2, and for any processor.
//!
//! In: a function. Out: the same function, which at each call takes the version that the processor has. Results are the same
//! bits: no version contracts or reorders float operations. The only `unsafe` of this folder stands here: a call of a
//! function compiled for a feature, behind a test for that feature.

/// Defines functions of which the processor's best version runs. What a body calls must be `#[inline(always)]` to be
/// compiled with it.
macro_rules! multiversion {
    ($($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block)*) => {
        $($(#[$meta])* $vis fn $name($($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            fn portable($($arg: $ty),*) $(-> $ret)? $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
                fn avx2($($arg: $ty),*) $(-> $ret)? {
                    portable($($arg),*)
                }
                if $crate::rules::vm::simd::has_avx2() {
                    #[allow(unsafe_code, reason = "the processor has the features that the function is compiled for")]
                    // SAFETY: `has_avx2` tests all of them.
                    return unsafe { avx2($($arg),*) };
                }
            }
            portable($($arg),*)
        })*
    };
}
pub(crate) use multiversion;

/// Whether the processor has AVX2 and the bit instructions that came with it.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn has_avx2() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx2") && has!("bmi1") && has!("bmi2") && has!("lzcnt") && has!("popcnt")
}
