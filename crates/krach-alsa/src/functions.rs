//! One definition per function of the library that `cpal` and `alsa` call.
#![allow(unsafe_code)]

use crate::Missing;
use std::ffi::CString;
use std::sync::atomic::{AtomicPtr, Ordering};

/// An argument or a result: every function below takes at most six integers or pointers and returns at most one, so
/// each travels in one machine word by the C conventions of x86-64 and AArch64. (None takes a number with a point, a
/// structure by value or a variable list of arguments.)
type Word = usize;
type Function = unsafe extern "C" fn(Word, Word, Word, Word, Word, Word) -> Word;

/// A function of the library: where it is, once it is loaded.
struct Entry {
    name: &'static str,
    address: AtomicPtr<()>,
}

impl Entry {
    /// # Safety
    /// As the function of this name demands. Without a library nothing is called: "no such function" (-ENOSYS), which
    /// their callers know as an error.
    unsafe fn call(&self, a: Word, b: Word, c: Word, d: Word, e: Word, f: Word) -> Word {
        const NO_SUCH_FUNCTION: Word = (-38_isize).cast_unsigned();
        let address = self.address.load(Ordering::Acquire);
        if address.is_null() {
            return NO_SUCH_FUNCTION;
        }
        // SAFETY: `load` stores only addresses of functions of this name, and never unloads the library.
        let function = unsafe { std::mem::transmute::<*mut (), Function>(address) };
        // SAFETY: the caller keeps the promises of the function itself.
        unsafe { function(a, b, c, d, e, f) }
    }
}

macro_rules! forwards {
    ($($name:ident)*) => {
        const COUNT: usize = [$(stringify!($name)),*].len();

        #[allow(non_camel_case_types, clippy::enum_variant_names)]
        enum At { $($name),* }

        static ENTRIES: [Entry; COUNT] =
            [$(Entry { name: stringify!($name), address: AtomicPtr::new(std::ptr::null_mut()) }),*];

        $(
            #[unsafe(no_mangle)]
            unsafe extern "C" fn $name(a: Word, b: Word, c: Word, d: Word, e: Word, f: Word) -> Word {
                // SAFETY: our caller keeps the promises of the function of the same name.
                unsafe { ENTRIES[At::$name as usize].call(a, b, c, d, e, f) }
            }
        )*

        /// Keeps every definition in the program: the order in which the linker reads libraries has no effect.
        #[used]
        static KEEP: [Function; COUNT] = [$($name),*];
    };
}

forwards! {
    snd_card_next snd_config_update snd_config_update_free_global snd_ctl_card_info
    snd_ctl_card_info_free snd_ctl_card_info_get_name snd_ctl_card_info_malloc snd_ctl_close
    snd_ctl_open snd_ctl_pcm_info snd_ctl_pcm_next_device snd_device_name_free_hint
    snd_device_name_get_hint snd_device_name_hint snd_lib_error_set_local snd_midi_event_decode
    snd_midi_event_encode snd_midi_event_free snd_midi_event_new snd_midi_event_no_status
    snd_midi_event_resize_buffer snd_output_buffer_open snd_output_close snd_output_putc
    snd_output_puts snd_output_vprintf snd_pcm_avail_delay snd_pcm_bytes_to_frames snd_pcm_close
    snd_pcm_format_physical_width snd_pcm_get_params snd_pcm_hw_params snd_pcm_hw_params_any
    snd_pcm_hw_params_can_resume snd_pcm_hw_params_copy snd_pcm_hw_params_current
    snd_pcm_hw_params_free snd_pcm_hw_params_get_buffer_size_max snd_pcm_hw_params_get_channels_max
    snd_pcm_hw_params_get_channels_min snd_pcm_hw_params_get_period_size
    snd_pcm_hw_params_get_period_size_max snd_pcm_hw_params_get_period_size_min
    snd_pcm_hw_params_get_rate_max snd_pcm_hw_params_get_rate_min snd_pcm_hw_params_malloc
    snd_pcm_hw_params_set_access snd_pcm_hw_params_set_buffer_size_near
    snd_pcm_hw_params_set_channels snd_pcm_hw_params_set_format
    snd_pcm_hw_params_set_period_size_near snd_pcm_hw_params_set_rate
    snd_pcm_hw_params_supports_audio_ts_type snd_pcm_hw_params_test_channels
    snd_pcm_hw_params_test_format snd_pcm_hw_params_test_rate snd_pcm_info snd_pcm_info_free
    snd_pcm_info_get_name snd_pcm_info_get_stream snd_pcm_info_malloc snd_pcm_info_set_device
    snd_pcm_info_set_stream snd_pcm_info_set_subdevice snd_pcm_open snd_pcm_pause
    snd_pcm_poll_descriptors snd_pcm_poll_descriptors_count snd_pcm_poll_descriptors_revents
    snd_pcm_prepare snd_pcm_readi snd_pcm_resume snd_pcm_start snd_pcm_state snd_pcm_status
    snd_pcm_status_get_audio_htstamp snd_pcm_status_get_htstamp snd_pcm_status_get_state
    snd_pcm_status_get_trigger_htstamp snd_pcm_status_set_audio_htstamp_config snd_pcm_status_sizeof
    snd_pcm_sw_params snd_pcm_sw_params_current snd_pcm_sw_params_free snd_pcm_sw_params_malloc
    snd_pcm_sw_params_set_avail_min snd_pcm_sw_params_set_start_threshold
    snd_pcm_sw_params_set_tstamp_mode snd_pcm_sw_params_set_tstamp_type snd_pcm_writei
    snd_seq_alloc_named_queue snd_seq_client_id snd_seq_client_info_free
    snd_seq_client_info_get_client snd_seq_client_info_get_name snd_seq_client_info_malloc
    snd_seq_client_info_set_client snd_seq_close snd_seq_control_queue snd_seq_create_port
    snd_seq_create_simple_port snd_seq_delete_port snd_seq_drain_output snd_seq_event_input
    snd_seq_event_input_pending snd_seq_event_output_direct snd_seq_free_queue
    snd_seq_get_any_client_info snd_seq_get_any_port_info snd_seq_open snd_seq_poll_descriptors
    snd_seq_poll_descriptors_count snd_seq_port_info_free snd_seq_port_info_get_capability
    snd_seq_port_info_get_client snd_seq_port_info_get_name snd_seq_port_info_get_port
    snd_seq_port_info_get_type snd_seq_port_info_malloc snd_seq_port_info_set_capability
    snd_seq_port_info_set_client snd_seq_port_info_set_midi_channels snd_seq_port_info_set_name
    snd_seq_port_info_set_port snd_seq_port_info_set_timestamp_queue
    snd_seq_port_info_set_timestamp_real snd_seq_port_info_set_timestamping
    snd_seq_port_info_set_type snd_seq_port_info_sizeof snd_seq_port_subscribe_free
    snd_seq_port_subscribe_get_dest snd_seq_port_subscribe_get_sender snd_seq_port_subscribe_malloc
    snd_seq_port_subscribe_set_dest snd_seq_port_subscribe_set_sender
    snd_seq_port_subscribe_set_time_real snd_seq_port_subscribe_set_time_update
    snd_seq_port_subscribe_sizeof snd_seq_query_next_client snd_seq_query_next_port
    snd_seq_queue_tempo_free snd_seq_queue_tempo_malloc snd_seq_queue_tempo_set_ppq
    snd_seq_queue_tempo_set_tempo snd_seq_queue_tempo_sizeof snd_seq_set_client_name
    snd_seq_set_queue_tempo snd_seq_subscribe_port snd_seq_unsubscribe_port
}

/// Finds every function in the library of that name.
pub fn load(library: &str) -> Result<(), Missing> {
    // The loader's own words, which name the file, are the source of the error.
    let missing = |error: libloading::Error| {
        let why = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        Missing { why }
    };
    // SAFETY: the start-up code of the system's own sound library.
    let library = unsafe { libloading::Library::new(library) }.map_err(missing)?;
    for entry in &ENTRIES {
        let name = CString::new(entry.name).expect("names of functions hold no NUL");
        // SAFETY: only the address is taken; `Entry::call` says who keeps the promises of a call.
        let address = unsafe { library.get::<*mut ()>(name.as_bytes_with_nul()) }.map_err(missing)?;
        entry.address.store(*address, Ordering::Release);
    }
    // Streams may outlive everything else that we know of.
    std::mem::forget(library);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_is_not_there_is_an_error_and_calls_fail() {
        let error = load("libasound-of-nowhere.so.2").unwrap_err();
        assert!(error.to_string().contains("libasound-of-nowhere.so.2"), "{error}");
        let nowhere = Entry { name: "snd_pcm_open", address: AtomicPtr::new(std::ptr::null_mut()) };
        // SAFETY: nothing is called.
        let result = unsafe { nowhere.call(0, 0, 0, 0, 0, 0) };
        assert_eq!(result.cast_signed(), -38);
    }

    #[test]
    fn every_function_is_defined_once() {
        let mut names: Vec<_> = ENTRIES.iter().map(|entry| entry.name).collect();
        names.dedup();
        assert_eq!(names.len(), KEEP.len(), "sorted, without doubles");
        assert!(names.is_sorted());
    }
}
