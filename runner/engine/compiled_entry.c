/* What entry.py does through ctypes, in C: half of what a message costs would be ctypes.

   Owns arguments on their way into JavaScript, results on their way out, and running microtasks.  QuickJS is in dukpy's
   library, and link() is told where its functions are. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

/* More than any entry point of the kernel takes. */
#define ARGUMENTS_MAX 8

/* As in quickjs.py. */
typedef struct {
    uint64_t payload;
    int64_t tag;
} JSValue;
enum { TAG_INT = 0, TAG_BOOL = 1, TAG_UNDEFINED = 3, TAG_EXCEPTION = 6 };

static JSValue (*JS_Call)(void *context, JSValue function, JSValue self, int count, JSValue *arguments);
static void (*JS_FreeValue)(void *context, JSValue value);
static JSValue (*JS_NewStringLen)(void *context, const char *text, size_t size);
static JSValue (*JS_NewArrayBufferCopy)(void *context, const char *data, size_t size);
static const char *(*JS_ToCStringLen2)(void *context, size_t *size, JSValue value, bool cesu8);
static void (*JS_FreeCString)(void *context, const char *text);
static bool (*JS_IsJobPending)(void *runtime);
static int (*JS_ExecutePendingJob)(void *runtime, void **context);

static const struct {
    const char *name;
    void *where;
} FUNCTIONS[] = {
    {"JS_Call", &JS_Call},
    {"JS_FreeValue", &JS_FreeValue},
    {"JS_NewStringLen", &JS_NewStringLen},
    {"JS_NewArrayBufferCopy", &JS_NewArrayBufferCopy},
    {"JS_ToCStringLen2", &JS_ToCStringLen2},
    {"JS_FreeCString", &JS_FreeCString},
    {"JS_IsJobPending", &JS_IsJobPending},
    {"JS_ExecutePendingJob", &JS_ExecutePendingJob},
};
#define FUNCTION_COUNT ((Py_ssize_t)(sizeof FUNCTIONS / sizeof *FUNCTIONS))

static PyObject *script_failed;

/* JavaScript has thrown, or the watchdog has: QuickJS asks for signals while it computes, and ends when one raises. */
static PyObject *
fail(void)
{
    if (!PyErr_Occurred()) {
        PyErr_SetNone(script_failed);
    }
    return NULL;
}

/* --- arguments and results --------------------------------------------------------------------------------------- */

static JSValue
new_string(void *context, PyObject *text)
{
    /* Python would keep the UTF-8 of other texts beside them, and refuses that of lone surrogates. */
    Py_ssize_t size;
    if (PyUnicode_IS_COMPACT_ASCII(text)) {
        const char *data = PyUnicode_AsUTF8AndSize(text, &size);
        return JS_NewStringLen(context, data, size);
    }
    JSValue value = {0, TAG_EXCEPTION};
    PyObject *data = PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");
    if (data != NULL) {
        value = JS_NewStringLen(context, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data));
        Py_DECREF(data);
    }
    return value;
}

static JSValue
to_js(void *context, PyObject *argument)
{
    if (argument == Py_None) {
        return (JSValue){0, TAG_UNDEFINED};
    }
    if (PyLong_Check(argument)) {
        return (JSValue){(uint32_t)PyLong_AsUnsignedLongMask(argument), TAG_INT};
    }
    if (PyUnicode_Check(argument)) {
        return new_string(context, argument);
    }
    if (PyBytes_Check(argument)) {
        return JS_NewStringLen(context, PyBytes_AS_STRING(argument), PyBytes_GET_SIZE(argument));
    }
    if (PyByteArray_Check(argument)) {
        return JS_NewArrayBufferCopy(context, PyByteArray_AS_STRING(argument), PyByteArray_GET_SIZE(argument));
    }
    PyErr_Format(PyExc_TypeError, "%R does not cross into JavaScript", (PyObject *)Py_TYPE(argument));
    return (JSValue){0, TAG_EXCEPTION};
}

/* Takes the reference. */
static PyObject *
to_python(void *context, JSValue value)
{
    switch (value.tag) {
    case TAG_UNDEFINED:
        Py_RETURN_NONE;
    case TAG_INT:
        return PyLong_FromLong((int32_t)value.payload);
    case TAG_BOOL:
        return PyBool_FromLong((long)value.payload);
    case TAG_EXCEPTION:
        return fail();
    }
    size_t size;
    const char *text = JS_ToCStringLen2(context, &size, value, false);
    JS_FreeValue(context, value);
    if (text == NULL) {
        /* No room on the heap for the text in UTF-8. */
        return fail();
    }
    PyObject *answer = PyUnicode_DecodeUTF8(text, (Py_ssize_t)size, "surrogatepass");
    JS_FreeCString(context, text);
    return answer;
}

/* --- Entry ------------------------------------------------------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    void *context, *runtime;
    JSValue function;
} Entry;

static PyObject *
Entry_new(PyTypeObject *type, PyObject *arguments, PyObject *Py_UNUSED(keywords))
{
    unsigned long long context, runtime, payload;
    long long tag;
    if (!PyArg_ParseTuple(arguments, "KKKL", &context, &runtime, &payload, &tag)) {
        return NULL;
    }
    Entry *entry = (Entry *)type->tp_alloc(type, 0);
    if (entry != NULL) {
        entry->context = (void *)(uintptr_t)context;
        entry->runtime = (void *)(uintptr_t)runtime;
        entry->function = (JSValue){payload, tag};
    }
    return (PyObject *)entry;
}

static void
Entry_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    type->tp_free(self);
    Py_DECREF(type);
}

/* Calls the function, and lets go of the arguments. */
static PyObject *
call(Entry *entry, JSValue *arguments, int count)
{
    JSValue undefined = {0, TAG_UNDEFINED};
    JSValue result = JS_Call(entry->context, entry->function, undefined, count, arguments);
    while (count > 0) {
        JS_FreeValue(entry->context, arguments[--count]);
    }
    if (PyErr_Occurred()) {
        JS_FreeValue(entry->context, result);
        return NULL;
    }
    return to_python(entry->context, result);
}

/* Runs microtasks before `answer`, of which it takes the reference, is given. */
static PyObject *
drain(Entry *entry, PyObject *answer)
{
    void *context;
    while (answer != NULL && JS_IsJobPending(entry->runtime)) {
        /* The best moment for the watchdog: QuickJS itself asks for signals now and then, in the middle of something. */
        if (JS_ExecutePendingJob(entry->runtime, &context) < 0 || PyErr_Occurred() || PyErr_CheckSignals() < 0) {
            Py_DECREF(answer);
            return fail();
        }
    }
    return answer;
}

static PyObject *
Entry_enter(PyObject *self, PyObject *given)
{
    Entry *entry = (Entry *)self;
    if (!PyTuple_Check(given) || PyTuple_GET_SIZE(given) > ARGUMENTS_MAX) {
        PyErr_Format(PyExc_TypeError, "an entry point takes a tuple of at most %d arguments", ARGUMENTS_MAX);
        return NULL;
    }
    JSValue arguments[ARGUMENTS_MAX];
    int count = (int)PyTuple_GET_SIZE(given);
    for (int index = 0; index < count; index++) {
        arguments[index] = to_js(entry->context, PyTuple_GET_ITEM(given, index));
        if (arguments[index].tag == TAG_EXCEPTION) {
            while (index > 0) {
                JS_FreeValue(entry->context, arguments[--index]);
            }
            return fail();
        }
    }
    return call(entry, arguments, count);
}

static PyObject *
Entry_run(PyObject *self, PyObject *given)
{
    return drain((Entry *)self, Entry_enter(self, given));
}

static PyObject *
Entry_run_text(PyObject *self, PyObject *const *given, Py_ssize_t count)
{
    Entry *entry = (Entry *)self;
    if (count != 2 || !PyLong_Check(given[0]) || !PyUnicode_Check(given[1])) {
        PyErr_SetString(PyExc_TypeError, "run_text() takes a number and a text");
        return NULL;
    }
    JSValue arguments[] = {to_js(entry->context, given[0]), to_js(entry->context, given[1])};
    if (arguments[1].tag == TAG_EXCEPTION) {
        return fail();
    }
    return drain(entry, call(entry, arguments, 2));
}

static PyMethodDef Entry_methods[] = {
    {"enter", Entry_enter, METH_O, NULL},
    {"run", Entry_run, METH_O, NULL},
    {"run_text", (PyCFunction)(void (*)(void))Entry_run_text, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot Entry_slots[] = {
    {Py_tp_new, Entry_new},
    {Py_tp_dealloc, Entry_dealloc},
    {Py_tp_methods, Entry_methods},
    {0, NULL},
};

static PyType_Spec Entry_spec = {
    .name = "runner.engine.compiled_entry.Entry",
    .basicsize = sizeof(Entry),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = Entry_slots,
};

/* --- the module -------------------------------------------------------------------------------------------------- */

static PyObject *
link_functions(PyObject *Py_UNUSED(module), PyObject *const *given, Py_ssize_t count)
{
    if (count != FUNCTION_COUNT + 1) {
        PyErr_SetString(PyExc_TypeError, "link() takes an exception class and an address for each of FUNCTIONS");
        return NULL;
    }
    for (Py_ssize_t index = 0; index < FUNCTION_COUNT; index++) {
        void *function = PyLong_AsVoidPtr(given[index + 1]);
        if (function == NULL) {
            return NULL;
        }
        memcpy(FUNCTIONS[index].where, &function, sizeof function);
    }
    Py_INCREF(given[0]);
    Py_XSETREF(script_failed, given[0]);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"link", (PyCFunction)(void (*)(void))link_functions, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "compiled_entry",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC
PyInit_compiled_entry(void)
{
    PyObject *module = PyModule_Create(&definition), *names = PyTuple_New(FUNCTION_COUNT);
    PyObject *type = PyType_FromSpec(&Entry_spec);
    if (module == NULL || names == NULL || type == NULL) {
        goto failed;
    }
    for (Py_ssize_t index = 0; index < FUNCTION_COUNT; index++) {
        PyObject *name = PyUnicode_FromString(FUNCTIONS[index].name);
        if (name == NULL) {
            goto failed;
        }
        PyTuple_SET_ITEM(names, index, name);
    }
    if (PyModule_AddObjectRef(module, "FUNCTIONS", names) < 0 || PyModule_AddObjectRef(module, "Entry", type) < 0) {
        goto failed;
    }
    Py_DECREF(names);
    Py_DECREF(type);
    return module;
failed:
    Py_XDECREF(module);
    Py_XDECREF(names);
    Py_XDECREF(type);
    return NULL;
}
