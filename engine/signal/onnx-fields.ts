/** Messages of an ONNX file with the fields that IR version 10 gives them. Source: onnx.proto. */
import { messageFields } from './protobuf.ts';

export const modelFields = messageFields('model', {
  ...{ 1: 'varint', 2: 'bytes', 3: 'bytes', 4: 'bytes', 5: 'varint', 6: 'bytes', 7: 'bytes' },
  ...{ 8: 'bytes+', 14: 'bytes+', 20: 'bytes+', 25: 'bytes+' },
});

export const opsetFields = messageFields('opset import', { 1: 'bytes', 2: 'varint' });

export const graphFields = messageFields('graph', {
  ...{ 1: 'bytes+', 2: 'bytes', 5: 'bytes+', 10: 'bytes', 11: 'bytes+', 12: 'bytes+', 13: 'bytes+' },
  ...{ 14: 'bytes+', 15: 'bytes+', 16: 'bytes+' },
});

export const valueFields = messageFields('value', { 1: 'bytes', 2: 'bytes', 3: 'bytes', 4: 'bytes+' });

export const typeFields = messageFields('type', {
  1: 'bytes',
  4: 'bytes',
  5: 'bytes',
  6: 'bytes',
  7: 'bytes',
  8: 'bytes',
  9: 'bytes',
});

export const tensorTypeFields = messageFields('tensor type', { 1: 'varint', 2: 'bytes' });

export const shapeFields = messageFields('shape', { 1: 'bytes+' });

export const dimensionFields = messageFields('dimension', { 1: 'varint', 2: 'bytes', 3: 'bytes' });

export const nodeFields = messageFields('node', {
  ...{ 1: 'bytes+', 2: 'bytes+', 3: 'bytes', 4: 'bytes', 5: 'bytes+', 6: 'bytes', 7: 'bytes' },
  ...{ 8: 'bytes', 9: 'bytes+' },
});

export const attributeFields = messageFields('attribute', {
  ...{ 1: 'bytes', 2: 'fixed32', 3: 'varint', 4: 'bytes', 5: 'bytes', 6: 'bytes', 7: 'fixed32+' },
  ...{ 8: 'varint+', 9: 'bytes+', 10: 'bytes+', 11: 'bytes+', 13: 'bytes', 14: 'bytes', 15: 'bytes+' },
  ...{ 20: 'varint', 21: 'bytes', 22: 'bytes', 23: 'bytes+' },
});

export const tensorFields = messageFields('tensor', {
  ...{ 1: 'varint+', 2: 'varint', 3: 'bytes', 4: 'fixed32+', 5: 'varint+', 6: 'bytes+', 7: 'varint+' },
  ...{ 8: 'bytes', 9: 'bytes', 10: 'fixed64+', 11: 'varint+', 12: 'bytes', 13: 'bytes+', 14: 'varint' },
  ...{ 16: 'bytes+' },
});
